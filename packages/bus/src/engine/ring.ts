/** A first-in first-out list in a circular array: no allocation per item once it has grown. */

/** Grows by doubling and never shrinks below 16 slots. */
export class Ring<T> {
  #slots: (T | undefined)[] = new Array(16)
  #head = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    if (this.#size === this.#slots.length) this.#resize(this.#size * 2)
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item
    this.#size++
  }

  /** The oldest item, or undefined when empty. */
  peek(): T | undefined {
    return this.#slots[this.#head]
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#size--
    // A burst must not keep its memory for ever.
    if (this.#size === 0 && this.#slots.length > 1024) this.#resize(16)
    return item
  }

  #resize(length: number): void {
    const slots = new Array<T | undefined>(length)
    const mask = this.#slots.length - 1
    for (let at = 0; at < this.#size; at++) slots[at] = this.#slots[(this.#head + at) & mask]
    this.#slots = slots
    this.#head = 0
  }
}
