/** Tries of records that are not settled, as text that is kept beside the offset of a group. */

/** The broker takes 4,096 bytes there. */
const metadataChars = 3_500

export interface Tries {
  /** As `{"tries":{"17":2}}`. */
  readonly metadata: string
  /** So far; those of a group's member that went away are counted. */
  of(offset: number): number
  set(offset: number, tries: number): void
  forget(offset: number): void
}

/** `kept` is the metadata of the last commit, ours or a foreign one. */
export function createTries(kept: string | null): Tries {
  const tries = readTries(kept)
  return {
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
    of: (offset) => tries.get(offset) ?? 0,
    set: (offset, count) => void tries.set(offset, count),
    forget: (offset) => void tries.delete(offset),
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
