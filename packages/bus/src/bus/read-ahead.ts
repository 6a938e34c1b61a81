/** What has arrived and was not read yet, as an async iterator whose reader sets the pace. */

import type { MaybePromise } from '../transport.js'

interface Waiting<Item> {
  readonly item: Item
  readonly taken: () => void
}

/** How items become values, and what `break` does. */
export interface Reading<Item, Value> {
  /** Called when the reader asks; undefined: the item is passed over. What it throws ends the reading. */
  open(item: Item): MaybePromise<{ readonly value: Value } | undefined>
  /** The reader will not come back; called once, also after an error of `open`. */
  leave(): MaybePromise<void>
}

/** The writing side is `push` and `finish`; how much waits here is up to how many pushes the writer makes unawaited. */
export class ReadAhead<Item, Value> implements AsyncIterator<Value, undefined> {
  private readonly items: Waiting<Item>[] = []
  private wake: (() => void) | undefined
  private end: { readonly error: unknown } | undefined
  private left = false
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly reading: Reading<Item, Value>) {}

  /** Resolves when the reader has taken the item; its promise is the back-pressure. */
  push(item: Item): MaybePromise<void> {
    if (this.left || this.end !== undefined) return
    return new Promise((taken) => {
      this.items.push({ item, taken })
      this.wake?.()
    })
  }

  /** Nothing follows what was pushed; with an error, reading ends in it. Only the first call counts. */
  finish(error?: unknown): void {
    this.end ??= { error }
    this.wake?.()
  }

  /** Ends now: what waits is dropped. */
  stop(error?: unknown): void {
    this.finish(error)
    for (const { taken } of this.items.splice(0)) taken()
  }

  next(): Promise<IteratorResult<Value, undefined>> {
    const result = this.last.then(() => this.take())
    // Callers who ask twice without waiting are served in turn.
    this.last = result.catch(() => undefined)
    return result
  }

  async return(): Promise<IteratorResult<Value, undefined>> {
    this.stop()
    await this.goAway()
    return { done: true, value: undefined }
  }

  private async take(): Promise<IteratorResult<Value, undefined>> {
    while (!this.left) {
      const next = this.items.shift()
      if (next !== undefined) {
        next.taken()
        const opened = await this.openOrLeave(next.item)
        if (opened !== undefined) return { done: false, value: opened.value }
      } else if (this.end !== undefined) {
        const { error } = this.end
        // An error is told once; whoever asks again hears that it is over.
        await this.goAway()
        if (error !== undefined) throw error
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
        this.wake = undefined
      }
    }
    return { done: true, value: undefined }
  }

  private async openOrLeave(item: Item): Promise<{ readonly value: Value } | undefined> {
    try {
      return await this.reading.open(item)
    } catch (error) {
      this.stop()
      await this.goAway()
      throw error
    }
  }

  private async goAway(): Promise<void> {
    if (this.left) return
    this.left = true
    await this.reading.leave()
  }
}

/** An iterable that begins when it is first iterated and can be iterated once. */
export function iterableOnce<Value>(what: string, begin: () => AsyncIterator<Value>): AsyncIterable<Value> {
  let begun = false
  return {
    [Symbol.asyncIterator]() {
      if (begun) throw new TypeError(`${what} can be iterated once; call the verb again for another reading.`)
      begun = true
      return begin()
    },
  }
}
