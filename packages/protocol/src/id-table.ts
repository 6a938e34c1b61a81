/** Finds things by numbers that count up, of which few are in use at a time: for all that comes and goes with each message. */

const slotCount = 512
/** Exchanges of one side have every other number. */
const slotOf = (id: number): number => (id >>> 1) & (slotCount - 1)

/**
 * Not a Map: each time a Map is rebuilt, its old table keeps pointing to the new one, so that once a single dead table
 * has become old, the collector takes everything that ever went through the Map for reachable and copies it.
 */
export class IdTable<T> {
  private readonly slots = new Array<T | undefined>(slotCount).fill(undefined)
  private readonly ids = new Float64Array(slotCount).fill(-1)
  /** Those whose slot was taken by one that stays for long. */
  private readonly others = new Map<number, T>()
  private inSlots = 0

  get size(): number {
    return this.inSlots + this.others.size
  }

  has(id: number): boolean {
    return this.get(id) !== undefined
  }

  get(id: number): T | undefined {
    const at = slotOf(id)
    if (this.ids[at] === id) return this.slots[at]
    return this.others.size === 0 ? undefined : this.others.get(id)
  }

  set(id: number, value: T): void {
    const at = slotOf(id)
    if (this.ids[at] === id) this.slots[at] = value
    else if (this.ids[at] !== -1 || this.others.has(id)) this.others.set(id, value)
    else {
      this.ids[at] = id
      this.slots[at] = value
      this.inSlots += 1
    }
  }

  /** False when it was not there. */
  delete(id: number): boolean {
    const at = slotOf(id)
    if (this.ids[at] !== id) return this.others.delete(id)
    this.ids[at] = -1
    this.slots[at] = undefined
    this.inSlots -= 1
    return true
  }

  /** A copy, in no particular order. */
  all(): T[] {
    const all = [...this.others.values()]
    for (const value of this.slots) if (value !== undefined) all.push(value)
    return all
  }

  clear(): void {
    this.slots.fill(undefined)
    this.ids.fill(-1)
    this.others.clear()
    this.inSlots = 0
  }
}
