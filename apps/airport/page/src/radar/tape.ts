/** Plays records of a stream at a speed, as they were recorded, until the tape has caught up with the present. */

import type { Clock } from 'busbar'

interface Recording<T> {
  readonly value: T
  readonly ctx: { readonly time: number }
}

export interface TapeOptions<T> {
  /** Wall time in ms at which the tape begins. */
  readonly from: number
  /** 2 plays two seconds in one. */
  readonly speed: number
  readonly clock: Clock
  readonly signal: AbortSignal
  show(value: T, time: number): void
  /** Called often with the tape's time. */
  at(time: number): void
}

const tickMs = 40
/** Closer to the present than this is the present. */
const caughtUpMs = 400

/** Resolves when the present is reached or the signal aborts. Waiting here is what holds the stream back. */
export async function playTape<T>(
  records: AsyncIterable<Recording<T>>,
  options: TapeOptions<T>,
): Promise<void> {
  const { from, speed, clock, signal } = options
  const started = clock.monotonic()
  // What lies before the first record is blank tape, which nobody wants to watch.
  let skipped = 0
  const position = (): number => from + skipped + (clock.monotonic() - started) * speed
  const tick = (): Promise<void> => new Promise((resolve) => clock.after(tickMs, resolve))

  let first = true
  for await (const { value, ctx } of records) {
    if (first) skipped = Math.max(0, ctx.time - from)
    first = false
    while (!signal.aborted && position() < ctx.time) {
      options.at(position())
      await tick()
    }
    if (signal.aborted || position() >= clock.now() - caughtUpMs) return
    options.show(value, ctx.time)
    options.at(ctx.time)
  }
}
