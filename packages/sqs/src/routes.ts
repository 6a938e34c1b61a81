/** Which queues an event goes to: SQS has no fan-out, so publishers list the queues that consumers have made. */

import type { Channel, Clock } from 'busbar/transport'
import { baseOf, roleOf } from './names.js'
import { type Layout, queueOf } from './plan.js'
import type { Queues } from './queues.js'

interface Known {
  readonly base: string
  names: readonly string[]
  /** When the list was asked for, on the monotonic clock. */
  at: number
  refreshing: Promise<void> | undefined
  /** Publishes that wait for the list; later ones must not pass them. */
  waiting: number
}

export class Routes {
  private readonly known = new Map<string, Known>()

  constructor(
    private readonly clock: Clock,
    private readonly queues: Queues,
    private readonly layout: Layout,
    private readonly routesMs: number,
    /** Sees each list that was made. */
    private readonly onList: (base: string, names: readonly string[]) => void,
  ) {}

  /** The list, if it is fresh enough: a consumer waits for `routesMs` before it is effective. */
  now(channel: Channel): readonly string[] | undefined {
    const one = this.of(channel)
    return one.waiting === 0 && this.isFresh(one) ? one.names : undefined
  }

  /** Waits for a list that is asked for now, behind all who wait already. */
  async next(channel: Channel): Promise<readonly string[]> {
    const one = this.of(channel)
    one.waiting += 1
    try {
      while (!this.isFresh(one)) {
        one.refreshing ??= this.refresh(one, channel)
        await one.refreshing
      }
      return one.names
    } finally {
      one.waiting -= 1
    }
  }

  /** A queue of the list was missing. */
  spoil(channel: Channel): void {
    this.of(channel).at = Number.NEGATIVE_INFINITY
  }

  private of(channel: Channel): Known {
    const known = this.known.get(channel.name)
    if (known !== undefined) return known
    const base = baseOf(this.layout.prefix, channel.name)
    const fresh = { base, names: [], at: Number.NEGATIVE_INFINITY, refreshing: undefined, waiting: 0 }
    this.known.set(channel.name, fresh)
    return fresh
  }

  private isFresh(one: Known): boolean {
    return this.clock.monotonic() - one.at < this.routesMs
  }

  private async refresh(one: Known, channel: Channel): Promise<void> {
    try {
      const at = this.clock.monotonic()
      const found = await this.queues.list(`${one.base}__`)
      const targets = found.filter((name) => {
        const role = roleOf(one.base, name)?.is
        return role === 'group' || role === 'each'
      })
      const declared = (this.layout.groups.get(channel.name) ?? []).map((group) =>
        queueOf(this.layout, channel, { is: 'group', group }),
      )
      one.names = [...new Set([...declared, ...targets])]
      // A slow answer is used once; otherwise no publish would ever find a fresh one.
      one.at = Math.max(at, this.clock.monotonic() - this.routesMs + 1)
      this.onList(one.base, targets)
    } finally {
      one.refreshing = undefined
    }
  }
}
