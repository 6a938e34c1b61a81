/** Queues of single consumers carry a tag with the time of their owner's last sign; old ones are deleted by others. */

import type { Clock, Timer } from 'busbar/transport'
import { roleOf } from './names.js'
import type { Queues } from './queues.js'

/** Wall time in ms. */
const aliveTag = 'busbar-alive'
const signMs = 60_000
/** A process may stop for a while, and clocks differ. */
const orphanMs = 900_000
/** Each list of queues is looked through at most so often. */
const sweepMs = 300_000

export const aliveTags = (now: number): Readonly<Record<string, string>> => ({ [aliveTag]: String(now) })

/** Signs until it is stopped. */
export function keepAlive(clock: Clock, queues: Queues, name: string): () => void {
  let timer: Timer
  const sign = (): void => {
    // A sign that fails is followed by the next one.
    queues.tag(name, aliveTags(clock.now())).catch(() => {})
    timer = clock.after(signMs, sign)
  }
  timer = clock.after(signMs, sign)
  return () => timer.cancel()
}

export class Sweeper {
  private sweptAt = new Map<string, number>()

  constructor(
    private readonly clock: Clock,
    private readonly queues: Queues,
  ) {}

  /** Deletes those of `names` whose owner has gone without deleting them. Never rejects. */
  async sweep(base: string, names: readonly string[]): Promise<void> {
    const now = this.clock.monotonic()
    if (now - (this.sweptAt.get(base) ?? Number.NEGATIVE_INFINITY) < sweepMs) return
    this.sweptAt.set(base, now)
    for (const name of names) {
      if (roleOf(base, name)?.is !== 'each') continue
      try {
        const alive = Number((await this.queues.tags(name))[aliveTag] ?? Number.NaN)
        if (this.clock.now() - alive > orphanMs) await this.queues.delete(name)
      } catch {
        // Somebody else was quicker, or we may not: the queue costs nothing while nobody reads it.
      }
    }
  }
}
