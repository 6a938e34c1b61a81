/** Which exchanges were begun here lately, so that an opening that the broker hands out again is known. */

/** Ids kept at least; twice as many at most. */
const generation = 4_096

export class RecentIds {
  private young = new Set<string>()
  private old = new Set<string>()

  has(id: string): boolean {
    return this.young.has(id) || this.old.has(id)
  }

  add(id: string): void {
    if (this.young.size >= generation) {
      this.old = this.young
      this.young = new Set()
    }
    this.young.add(id)
  }
}
