/** How far a group of a stream has got for good: the offset below which everything is confirmed as settled. */

export class Committed {
  private readonly ahead = new Set<number>()

  constructor(private below: number) {}

  /** The record at this offset is settled for good. */
  settle(offset: number): void {
    if (offset < this.below) return
    this.ahead.add(offset)
    this.close()
  }

  /** Everything below is. */
  advance(offset: number): void {
    if (offset <= this.below) return
    this.below = offset
    for (const each of this.ahead) if (each < offset) this.ahead.delete(each)
    this.close()
  }

  /** There is nothing at these offsets to settle. */
  skip(from: number, to: number): void {
    if (from <= this.below) this.advance(to + 1)
    else for (let offset = from; offset <= to; offset++) this.ahead.add(offset)
  }

  covers(offset: number): boolean {
    return offset < this.below
  }

  private close(): void {
    while (this.ahead.delete(this.below)) this.below += 1
  }
}
