/** A file of the simulated disk: what programs see, what is on the platter, and the writes in between. */

/** How much of what was not synced a crash leaves. */
export type Survival = 'all' | 'none' | 'prefix' | 'subset'

interface Change {
  readonly id: number
  readonly position: number
  /** Undefined for a truncation to `position`. */
  readonly bytes: Uint8Array | undefined
}

const pageBytes = 4096
const sectorBytes = 512

/** Bytes that grow. */
class Content {
  data = Buffer.alloc(0)
  size = 0

  apply({ position, bytes }: Change): void {
    if (bytes === undefined) this.resize(position)
    else this.write(bytes, position)
  }

  write(bytes: Uint8Array, position: number): void {
    if (position + bytes.length > this.size) this.resize(position + bytes.length)
    this.data.set(bytes, position)
  }

  resize(size: number): void {
    if (size > this.data.length) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.data.length))
      larger.set(this.data.subarray(0, this.size))
      this.data = larger
    }
    if (size < this.size) this.data.fill(0, size, this.size)
    this.size = size
  }

  copy(): Content {
    const copy = new Content()
    copy.write(this.data.subarray(0, this.size), 0)
    return copy
  }
}

export class CrashFile {
  private seen = new Content()
  private kept = new Content()
  private changes: Change[] = []
  private lastId = 0

  get size(): number {
    return this.seen.size
  }

  read(into: Uint8Array, start: number, length: number, position: number): number {
    const bytes = this.seen.data.subarray(position, Math.min(position + length, this.seen.size))
    into.set(bytes, start)
    return bytes.length
  }

  write(bytes: Uint8Array, position: number): void {
    this.change({ id: ++this.lastId, position, bytes: Uint8Array.from(bytes) })
  }

  truncate(size: number): void {
    this.change({ id: ++this.lastId, position: size, bytes: undefined })
  }

  /** Changes one byte on the platter and in memory, as a bad disk would. */
  flip(position: number, bits: number): void {
    for (const content of [this.seen, this.kept])
      if (position < content.size) content.data[position] = (content.data[position] as number) ^ bits
  }

  /** Gives what is to be called when the sync that begins now is done. */
  beginSync(): () => void {
    const upTo = this.lastId
    return () => {
      const done = this.changes.filter(({ id }) => id <= upTo)
      this.changes = this.changes.filter(({ id }) => id > upTo)
      for (const change of done) this.kept.apply(change)
    }
  }

  /** What is found after a crash; this file stays as it is. */
  crashed(survival: Survival, random: () => number): CrashFile {
    const after = new CrashFile()
    after.kept = this.kept.copy()
    const whole = survival === 'prefix' ? Math.floor(random() * (this.changes.length + 1)) : 0
    for (const [index, change] of this.changes.entries()) {
      if (survival === 'all' || index < whole) after.kept.apply(change)
      else if (survival === 'subset' || (survival === 'prefix' && index === whole))
        tear(after.kept, change, random)
    }
    // The size may be on disk before the content is.
    if (survival === 'subset' && after.kept.size < this.size && random() < 0.3) after.kept.resize(this.size)
    after.seen = after.kept.copy()
    return after
  }

  private change(change: Change): void {
    this.seen.apply(change)
    this.changes.push(change)
  }
}

/** Pages reach the disk in any order, and sectors of a page too. */
function tear(content: Content, change: Change, random: () => number): void {
  const { position, bytes } = change
  if (bytes === undefined) {
    if (random() < 0.5) content.apply(change)
    return
  }
  let at = 0
  while (at < bytes.length) {
    const page = Math.min(bytes.length, at + pageBytes - ((position + at) % pageBytes))
    const fate = random()
    const sectors = Math.floor((random() * pageBytes) / sectorBytes) * sectorBytes
    const end = fate < 0.4 ? page : fate < 0.7 ? at : Math.min(page, at + sectors)
    if (end > at) content.write(bytes.subarray(at, end), position + at)
    at = page
  }
}
