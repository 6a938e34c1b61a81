/** The state of an inbox: what was committed, and of that what is on disk. */

import type { Changes } from './file-transaction.js'

/** One key as it was committed and is not on disk yet. */
interface Ahead {
  readonly text: string | undefined
}

/** Between the members of a checkpoint stand brackets and commas. */
const entryBytes = 4

export class KeyedState {
  private readonly onDisk = new Map<string, string>()
  private readonly ahead = new Map<string, Ahead>()
  private total = 0

  /** Bytes of the JSON of everything committed. */
  get bytes(): number {
    return this.total
  }

  /** The text of a key as the next effect sees it. */
  committed(key: string): string | undefined {
    const ahead = this.ahead.get(key)
    return ahead === undefined ? this.onDisk.get(key) : ahead.text
  }

  /** The text of a key as a restart would find it. */
  durable(key: string): string | undefined {
    return this.onDisk.get(key)
  }

  /** What `bytes` would be. */
  bytesAfter(changes: Changes): number {
    let bytes = this.total
    for (const [key, text] of changes) bytes += bytesOf(key, text) - bytesOf(key, this.committed(key))
    return bytes
  }

  /** Commits; gives what is to be called when the changes are on disk, in the order of the commits. */
  commit(changes: Changes): () => void {
    this.total = this.bytesAfter(changes)
    const mine = [...changes].map(([key, text]) => [key, { text }] as const)
    for (const [key, ahead] of mine) this.ahead.set(key, ahead)
    return () => {
      for (const [key, ahead] of mine) {
        if (ahead.text === undefined) this.onDisk.delete(key)
        else this.onDisk.set(key, ahead.text)
        if (this.ahead.get(key) === ahead) this.ahead.delete(key)
      }
    }
  }

  /** Everything committed. */
  *entries(): Iterable<readonly [key: string, text: string]> {
    for (const entry of this.onDisk) if (!this.ahead.has(entry[0])) yield entry
    for (const [key, { text }] of this.ahead) if (text !== undefined) yield [key, text]
  }
}

function bytesOf(key: string, text: string | undefined): number {
  if (text === undefined) return 0
  return Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(text) + entryBytes
}
