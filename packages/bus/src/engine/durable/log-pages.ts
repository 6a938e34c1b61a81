/** Old records of a stream, read from the journal in pages; a few pages are kept, for readers at different places. */

import { BusError } from '../../errors.js'
import type { Journal, Stored } from '../store.js'
import type { LogIndex } from './log-index.js'

/** Long enough that a replay is a long row of large reads, short enough to be one step of a reader. */
const pageBytes = 262_144
const keptPages = 8

export interface LogPages {
  /** A record that is in the journal. STORE_CORRUPT when it is damaged. */
  at(offset: number): Stored
  clear(): void
}

/** Consecutive records, at least one. */
interface Page {
  readonly from: number
  readonly records: readonly Stored[]
}

export function createLogPages(name: string, index: LogIndex, journal: () => Journal): LogPages {
  /** The one that was used last comes first. */
  let pages: Page[] = []

  const within = ({ from, records }: Page, offset: number): Stored | undefined => records[offset - from]

  const load = (offset: number): Page => {
    // One step back when the page before is known: its last record is the only one that is read twice.
    const before = pages.find(({ from, records }) => from + records.length === offset)?.records.at(-1)
    const start = before?.place ?? index.at(offset)?.place
    for (let place = start, known = -1; place !== undefined; ) {
      const records = journal().readFrom(place, pageBytes)
      const last = records.at(-1)
      if (last === undefined || last.offset <= known) break
      const at = records.findIndex((record) => record.offset === offset)
      if (at >= 0) return { from: offset, records: at === 0 ? records : records.slice(at) }
      // Other lines of the journal stood between.
      known = last.offset
      place = last.place
    }
    throw new BusError(
      'STORE_CORRUPT',
      `${name}: the record at offset ${offset} is not where it was written.`,
    )
  }

  return {
    at(offset) {
      const latest = pages[0]
      const found = latest && within(latest, offset)
      if (found !== undefined) return found
      const page = pages.find((one) => within(one, offset) !== undefined) ?? load(offset)
      pages = [page, ...pages.filter((one) => one !== page)].slice(0, keptPages)
      return page.records[offset - page.from] as Stored
    },
    clear() {
      pages = []
    },
  }
}
