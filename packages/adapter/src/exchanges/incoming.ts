/** What one side hears: each part once and in order, and how much of it waits to be taken. */

export class Incoming {
  /** Parts heard without a gap. */
  heard = 0
  /** Of these, how many are done with, counted from the first. */
  taken = 0
  /** Heard and not taken yet. */
  pendingBytes = 0
  /** Taken since the other side was told. */
  untoldBytes = 0
  /** What was taken before an earlier part was; most never need it. */
  private early: Map<number, number> | undefined

  judge(number: number): 'next' | 'known' | 'gap' {
    if (number === this.heard + 1) return 'next'
    return number <= this.heard ? 'known' : 'gap'
  }

  hear(bytes: number): void {
    this.heard += 1
    this.pendingBytes += bytes
  }

  /** The credit that goes back is that of the first ones, so that it never exceeds what is free. */
  take(number: number, bytes: number): void {
    if (number !== this.taken + 1) {
      this.early ??= new Map()
      this.early.set(number, bytes)
      return
    }
    this.count(bytes)
    for (let next = this.early?.get(number + 1); next !== undefined; next = this.early?.get(this.taken + 1)) {
      this.early?.delete(this.taken + 1)
      this.count(next)
    }
  }

  private count(bytes: number): void {
    this.taken += 1
    this.pendingBytes -= bytes
    this.untoldBytes += bytes
  }
}
