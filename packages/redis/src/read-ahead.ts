/** How many messages a consumer takes before it can start them: none, unless its handler is so quick that asking takes longer. */

import type { Clock, Timer } from 'busbar/transport'

/** A handler that takes longer gets one message for each free place. */
const quickMs = 5
/** Or as many as are handled at a time, if these are more. */
const most = 64

export class ReadAhead<T> {
  private readonly waiting: T[] = []
  private limit = 0
  private settled = 0
  private givenBack = 0
  private timer: Timer | undefined

  constructor(
    private readonly clock: Clock,
    /** Order, priority and a time to live are kept at the server, which must then have what waits. */
    private readonly isAllowed: boolean,
    private readonly concurrency: number,
    /** Handlers have become slow: these are for others. */
    private readonly giveBack: (items: readonly T[]) => void,
  ) {}

  /** How many more may be taken than there are places. */
  get room(): number {
    return Math.max(0, this.limit - this.waiting.length)
  }

  push(item: T): void {
    this.waiting.push(item)
    if (this.timer === undefined) this.watch()
  }

  shift(): T | undefined {
    return this.waiting.shift()
  }

  /** Gives the function to be called when the message is settled. */
  start(): (isDone: boolean) => void {
    if (!this.isAllowed) return () => {}
    const begin = this.clock.monotonic()
    return (isDone) => {
      this.settled += 1
      const isQuick = isDone && this.clock.monotonic() - begin < quickMs
      // What waits already is handled in its turn, unless nothing moves any more.
      this.limit = isQuick ? Math.min(Math.max(most, this.concurrency), this.limit * 2 + 1) : 0
    }
  }

  /** Counts how often things were given back: what was asked for before that would come out of order. */
  get epoch(): number {
    return this.givenBack
  }

  /** Gives back what waits, and begins anew. */
  stop(): void {
    this.limit = 0
    this.timer?.cancel()
    this.timer = undefined
    const items = this.waiting.splice(0)
    this.givenBack += 1
    if (items.length > 0) this.giveBack(items)
  }

  /** Forgets what waits: the link was cut, and the server takes it back. */
  clear(): void {
    this.waiting.length = 0
    this.stop()
  }

  private watch(): void {
    const before = this.settled
    this.timer = this.clock.after(quickMs, () => {
      this.timer = undefined
      if (this.waiting.length === 0) return
      if (this.settled === before) this.stop()
      else this.watch()
    })
  }
}
