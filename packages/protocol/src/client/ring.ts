/** A queue in one growing array: adding, taking and looking at the n-th cost the same however long it is. */

/** First in, first out. */
export class Ring<T> {
  length = 0
  private slots: (T | undefined)[] = new Array<T | undefined>(16)
  private head = 0

  push(value: T): void {
    if (this.length === this.slots.length) this.grow()
    this.slots[(this.head + this.length) & (this.slots.length - 1)] = value
    this.length += 1
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const value = this.slots[this.head]
    this.slots[this.head] = undefined
    this.head = (this.head + 1) & (this.slots.length - 1)
    this.length -= 1
    return value
  }

  /** The n-th from the front; undefined beyond the end. */
  at(index: number): T | undefined {
    return index >= 0 && index < this.length
      ? this.slots[(this.head + index) & (this.slots.length - 1)]
      : undefined
  }

  /** Empties the ring and gives what was in it, in order. */
  takeAll(): T[] {
    const all: T[] = []
    for (let value = this.shift(); value !== undefined; value = this.shift()) all.push(value)
    return all
  }

  private grow(): void {
    const old = this.slots
    const grown = new Array<T | undefined>(old.length * 2)
    for (let i = 0; i < this.length; i++) grown[i] = old[(this.head + i) & (old.length - 1)]
    this.slots = grown
    this.head = 0
  }
}
