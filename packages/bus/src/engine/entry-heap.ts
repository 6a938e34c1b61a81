/** Entries by their place in the line, for groups in which some join it in the middle: a heap that knows where each stands. */

import type { Entry, EntryLine } from './entry.js'

export class EntryHeap implements EntryLine {
  readonly #entries: Entry[] = []

  get first(): Entry | undefined {
    return this.#entries[0]
  }

  push(entry: Entry): void {
    entry.list = this
    this.#entries.push(entry)
    this.#rise(entry, this.#entries.length - 1)
  }

  insert(entry: Entry): void {
    this.push(entry)
  }

  shift(): Entry | undefined {
    const { first } = this
    if (first !== undefined) this.remove(first)
    return first
  }

  remove(entry: Entry): void {
    const last = this.#entries.pop()
    entry.list = undefined
    if (last === undefined || last === entry) return
    const { index } = entry
    const above = this.#entries[(index - 1) >> 1]
    if (index > 0 && above !== undefined && last.seq < above.seq) this.#rise(last, index)
    else this.#sink(last, index)
  }

  #put(entry: Entry, index: number): void {
    this.#entries[index] = entry
    entry.index = index
  }

  #rise(entry: Entry, from: number): void {
    let index = from
    while (index > 0) {
      const above = (index - 1) >> 1
      const parent = this.#entries[above]
      if (parent === undefined || parent.seq <= entry.seq) break
      this.#put(parent, index)
      index = above
    }
    this.#put(entry, index)
  }

  #sink(entry: Entry, from: number): void {
    let index = from
    for (;;) {
      const left = 2 * index + 1
      const one = this.#entries[left]
      const other = this.#entries[left + 1]
      if (one === undefined) break
      const [child, at] = other !== undefined && other.seq < one.seq ? [other, left + 1] : [one, left]
      if (child.seq >= entry.seq) break
      this.#put(child, index)
      index = at
    }
    this.#put(entry, index)
  }
}
