/** What of a partition is settled: everything before the watermark, and the tries of what is open behind it. */

/** The broker takes 4,096 bytes beside an offset. */
const metadataChars = 3_500

export interface Watermark {
  /** All before this offset is settled. */
  readonly offset: number
  /** What is kept beside the offset: tries of open records, as `{"tries":{"17":2}}`. */
  readonly metadata: string
  open(offset: number): void
  settle(offset: number): void
  /** Tries so far; those of a group's member that went away are counted. */
  triesOf(offset: number): number
  setTries(offset: number, tries: number): void
}

/** `kept` is the metadata of the last commit, ours or a foreign one. */
export function createWatermark(start: number, kept: string | null): Watermark {
  const openOffsets = new Set<number>()
  const tries = readTries(kept)
  let next = start
  return {
    get offset() {
      for (const first of openOffsets) return first
      return next
    },
    get metadata() {
      const entries: string[] = []
      let length = 0
      for (const [offset, count] of [...tries].sort(([a], [b]) => a - b)) {
        const entry = `"${offset}":${count}`
        length += entry.length + 1
        if (length > metadataChars) break
        entries.push(entry)
      }
      return entries.length === 0 ? '' : `{"tries":{${entries.join(',')}}}`
    },
    open(offset) {
      openOffsets.add(offset)
      next = offset + 1
    },
    settle(offset) {
      openOffsets.delete(offset)
      tries.delete(offset)
    },
    triesOf: (offset) => tries.get(offset) ?? 0,
    setTries: (offset, count) => void tries.set(offset, count),
  }
}

function readTries(kept: string | null): Map<number, number> {
  const tries = new Map<number, number>()
  if (kept === null || kept === '') return tries
  try {
    const value: unknown = JSON.parse(kept)
    if (typeof value !== 'object' || value === null || !('tries' in value)) return tries
    if (typeof value.tries !== 'object' || value.tries === null) return tries
    for (const [offset, count] of Object.entries(value.tries)) {
      if (Number.isInteger(Number(offset)) && Number.isInteger(count))
        tries.set(Number(offset), Number(count))
    }
  } catch {
    // Metadata of a foreign client is no concern of ours.
  }
  return tries
}
