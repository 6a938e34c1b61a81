/** How long to leave alone what has failed: doubling from 100 ms to 10 s, spread by +-10 %. */

import type { Clock } from 'busbar/transport'

const firstMs = 100
const longestMs = 10_000

interface Rest {
  readonly failures: number
  /** Of the monotonic clock. */
  readonly until: number
}

export class Backoff {
  readonly #rests = new Map<string, Rest>()

  constructor(
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** Gives for how many ms it rests now. */
  failed(name: string): number {
    const failures = (this.#rests.get(name)?.failures ?? 0) + 1
    const ms = Math.min(firstMs * 2 ** (failures - 1), longestMs) * (0.9 + this.random() * 0.2)
    this.#rests.set(name, { failures, until: this.clock.monotonic() + ms })
    return ms
  }

  worked(name: string): void {
    this.#rests.delete(name)
  }

  /** The names to leave alone now. */
  resting(): string[] {
    const now = this.clock.monotonic()
    return [...this.#rests].filter(([, { until }]) => until > now).map(([name]) => name)
  }

  /** Time until the first of them may be tried again, in ms; at most `longest`. */
  restMs(longest: number): number {
    const now = this.clock.monotonic()
    return [...this.#rests.values()].reduce(
      (ms, { until }) => Math.max(0, Math.min(ms, until - now)),
      longest,
    )
  }
}
