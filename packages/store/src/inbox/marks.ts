/** The messages that had their effect, oldest first, within bounds. */

export interface MarkLimits {
  readonly keepMs: number
  readonly maxIds: number
  /** Of the JSON of all marks. */
  readonly maxBytes: number
}

/** What a mark takes in a checkpoint besides its own JSON: its time, brackets, commas. */
const timeBytes = 24

export class Marks {
  /** Ids forgotten before their time. */
  forgotten = 0
  /** When each was made; times never decrease, so that the oldest is the first. */
  private readonly times = new Map<string, number>()
  private bytes = 0

  constructor(private readonly limits: MarkLimits) {}

  get size(): number {
    return this.times.size
  }

  has(mark: string): boolean {
    return this.times.has(mark)
  }

  add(mark: string, time: number): void {
    // Only one that had been forgotten can come again: it is the youngest then.
    this.remove(mark)
    this.times.set(mark, time)
    this.bytes += bytesOf(mark)
  }

  /** Forgets what is over, and the oldest of what is too many. */
  prune(now: number): void {
    const { keepMs, maxIds, maxBytes } = this.limits
    for (const [mark, time] of this.times) {
      const isOver = time + keepMs <= now
      if (!isOver && this.times.size <= maxIds && this.bytes <= maxBytes) return
      if (!isOver) this.forgotten += 1
      this.remove(mark)
    }
  }

  /** Oldest first. */
  entries(): Iterable<readonly [mark: string, time: number]> {
    return this.times
  }

  private remove(mark: string): void {
    if (this.times.delete(mark)) this.bytes -= bytesOf(mark)
  }
}

function bytesOf(mark: string): number {
  return Buffer.byteLength(JSON.stringify(mark)) + timeBytes
}
