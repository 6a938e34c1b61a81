/** A clock that moves only when told to, for tests without sleeps. */

import type { Clock, Timer } from '../clock.js'

interface Pending {
  readonly at: number
  readonly seq: number
  readonly fn: () => void
}

/** Time stands still until `advance`; timers run in the order of their time, then of their making. */
export class ManualClock implements Clock {
  #elapsedMs = 0
  #seq = 0
  #wallMs: number
  readonly #pending = new Set<Pending>()

  /** `startMs`: the wall time it begins with; default 1,000,000,000,000 (September 2001). */
  constructor(startMs = 1_000_000_000_000) {
    this.#wallMs = startMs
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#pending.size
  }

  now(): number {
    return this.#wallMs + this.#elapsedMs
  }

  monotonic(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, fn: () => void): Timer {
    const pending: Pending = { at: this.#elapsedMs + Math.max(0, delayMs), seq: this.#seq++, fn }
    this.#pending.add(pending)
    return { cancel: () => void this.#pending.delete(pending) }
  }

  /** Lets time pass and runs what falls due on the way, also timers set meanwhile. */
  advance(ms: number): void {
    const end = this.#elapsedMs + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#pending.delete(next)
      this.#elapsedMs = Math.max(this.#elapsedMs, next.at)
      next.fn()
    }
    this.#elapsedMs = end
  }

  /** Like `advance`, but lets promises go on after each timer. */
  async pass(ms: number): Promise<void> {
    const end = this.#elapsedMs + ms
    await settled()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.advance(next.at - this.#elapsedMs)
      await settled()
    }
    this.#elapsedMs = end
  }

  /** Moves the wall time without letting time pass, as an administrator would. */
  jump(ms: number): void {
    this.#wallMs += ms
  }

  #next(end: number): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.at > end) continue
      if (
        first === undefined ||
        pending.at < first.at ||
        (pending.at === first.at && pending.seq < first.seq)
      )
        first = pending
    }
    return first
  }
}

/** Long enough for chains of promises; nothing here waits for I/O. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 32; turn++) await Promise.resolve()
}
