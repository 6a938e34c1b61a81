/** Requests to one queue, joined into batches: what goes in, what is done, what is hidden for longer or shown again. */

import type { BusError } from 'busbar/transport'
import { type Batches, createBatches } from './batches.js'
import type { Entry, Queues } from './queues.js'

export interface Outgoing {
  readonly entry: Entry
  readonly bytes: number
}

/** One queue. */
export interface Line {
  readonly sends: Batches<Outgoing>
  readonly removals: Batches<string>
  readonly hidings: Batches<{ readonly handle: string; readonly seconds: number }>
}

/** More than one at a time, since what is done or renewed has no order. */
const parallelSettlements = 4

/** The lines of a link, made at first use. */
export class Lines {
  private readonly lines = new Map<string, Line>()

  constructor(
    private readonly queues: Queues,
    private readonly maxBytes: number,
  ) {}

  of(name: string): Line {
    const known = this.lines.get(name)
    if (known !== undefined) return known
    const line = this.make(name)
    this.lines.set(name, line)
    return line
  }

  /** Of a queue that is no more. */
  forget(name: string): void {
    this.lines.delete(name)
  }

  /** Resolves when nothing waits or is under way. */
  async idle(): Promise<void> {
    for (const { sends, removals, hidings } of this.lines.values()) {
      await Promise.all([sends.idle(), removals.idle(), hidings.idle()])
    }
  }

  private make(name: string): Line {
    const { queues } = this
    return {
      // One request at a time: a publisher's messages keep their order as far as the queue keeps it.
      sends: createBatches({
        run: (items: readonly Outgoing[]) =>
          queues.send(
            name,
            items.map(({ entry }) => entry),
          ),
        parallel: 1,
        maxBytes: this.maxBytes,
        bytesOf: ({ bytes }) => bytes,
      }),
      removals: createBatches({
        run: (handles: readonly string[]): Promise<readonly (BusError | undefined)[]> =>
          queues.remove(name, handles),
        parallel: parallelSettlements,
      }),
      hidings: createBatches({
        run: (claims: readonly { readonly handle: string; readonly seconds: number }[]) =>
          queues.hide(name, claims),
        parallel: parallelSettlements,
      }),
    }
  }
}
