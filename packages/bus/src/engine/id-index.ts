/** Finds numbered slots by message id: sixteen bytes for a UUID instead of a string, whatever else is kept as it is. */

const empty = -1
const words = 4
const uuidLength = 36
/** Value of a character code as a hexadecimal digit in lower case; 255 for others. */
const digits = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code))
  return value < 0 ? 255 : value
})

/** Open addressing with linear probing, at most half full; removal closes the gap, so that no tombstones gather. */
export class IdIndex {
  readonly #mask: number
  readonly #table: Int32Array
  readonly #keys: Uint32Array
  readonly #key = new Uint32Array(words)
  readonly #others = new Map<string, number>()
  readonly #otherIds = new Map<number, string>()
  #isLinked: boolean

  /** Slots are numbers below `capacity`. Without `isLinked` it only gathers, at less cost, until `link` is called. */
  constructor(capacity: number, isLinked = true) {
    this.#isLinked = isLinked
    const size = 2 ** Math.ceil(Math.log2(capacity * 2))
    this.#mask = size - 1
    this.#table = new Int32Array(size).fill(empty)
    this.#keys = new Uint32Array(capacity * words)
  }

  /** Makes the ids of these slots to be found. */
  link(slots: Iterable<number>): void {
    this.#isLinked = true
    for (const slot of slots) if (!this.#otherIds.has(slot)) this.#insert(slot)
  }

  find(id: string): number | undefined {
    const key = this.#key
    if (!parse(id, key)) return this.#others.get(id)
    const [a = 0, b, c, d = 0] = key
    const keys = this.#keys
    for (let at = this.#home(a, d); ; at = (at + 1) & this.#mask) {
      const slot = this.#table[at] ?? empty
      if (slot === empty) return undefined
      const from = slot * words
      if (keys[from] === a && keys[from + 1] === b && keys[from + 2] === c && keys[from + 3] === d)
        return slot
    }
  }

  /** The id must not be in the index, nor the slot in use. */
  set(slot: number, id: string): void {
    if (parse(id, this.#key)) {
      this.#take(this.#key, 0, slot)
      this.#insert(slot)
    } else this.#setOther(slot, id)
  }

  /** Sets a slot to the id that another index has in one of its slots. */
  copy(slot: number, from: IdIndex, fromSlot: number): void {
    const other = from.#otherIds.get(fromSlot)
    if (other !== undefined) {
      this.#setOther(slot, other)
      return
    }
    this.#take(from.#keys, fromSlot * words, slot)
    this.#insert(slot)
  }

  delete(slot: number): void {
    const other = this.#otherIds.get(slot)
    if (other !== undefined) {
      this.#others.delete(other)
      this.#otherIds.delete(slot)
      return
    }
    if (!this.#isLinked) return
    const mask = this.#mask
    const table = this.#table
    let gap = this.#homeOf(slot)
    while (table[gap] !== slot) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; table[at] !== empty; at = (at + 1) & mask) {
      const moved = table[at] ?? empty
      // It may fill the gap unless its home lies behind that.
      if (((at - this.#homeOf(moved)) & mask) < ((at - gap) & mask)) continue
      table[gap] = moved
      gap = at
    }
    table[gap] = empty
  }

  /** Word by word: `set` of typed arrays costs more than the four words. */
  #take(keys: Uint32Array, from: number, slot: number): void {
    const to = slot * words
    for (let word = 0; word < words; word++) this.#keys[to + word] = keys[from + word] ?? 0
  }

  #insert(slot: number): void {
    if (!this.#isLinked) return
    let at = this.#homeOf(slot)
    while (this.#table[at] !== empty) at = (at + 1) & this.#mask
    this.#table[at] = slot
  }

  #setOther(slot: number, id: string): void {
    this.#others.set(id, slot)
    this.#otherIds.set(slot, id)
  }

  #homeOf(slot: number): number {
    return this.#home(this.#keys[slot * words] ?? 0, this.#keys[slot * words + 3] ?? 0)
  }

  /** The first word of a UUIDv7 is time, the last is random. */
  #home(a: number, d: number): number {
    const mixed = Math.imul(a ^ d, 0x9e3779b1)
    return (mixed ^ (mixed >>> 15)) & this.#mask
  }
}

/** Writes a UUID in lower case to `key`; false for any other id. */
function parse(id: string, key: Uint32Array): boolean {
  if (id.length !== uuidLength) return false
  let word = 0
  let digit = 0
  for (let at = 0; at < uuidLength; at++) {
    const code = id.charCodeAt(at)
    if (at === 8 || at === 13 || at === 18 || at === 23) {
      if (code !== 45) return false
      continue
    }
    const value = code < 128 ? (digits[code] ?? 255) : 255
    if (value === 255) return false
    word = (word << 4) | value
    if ((++digit & 7) === 0) key[(digit >> 3) - 1] = word
  }
  return true
}
