/** A store in memory for tests of the engine: it syncs when told, forgets what was not synced, and rolls segments early. */

import { EncodedBody } from '../../src/body.js'
import type { Channel } from '../../src/channel.js'
import type {
  Facts,
  Journal,
  JournalOwner,
  Mark,
  Note,
  Place,
  Store,
  Stored,
} from '../../src/engine/store.js'
import { BusError } from '../../src/errors.js'
import type { Message } from '../../src/transport.js'

type Line =
  | { readonly kind: 'message'; readonly stored: Stored }
  | { readonly kind: 'mark'; readonly mark: Mark; readonly group: number; readonly offset: number }
  | { readonly kind: 'note'; readonly note: Note; readonly stored: Stored | undefined }

interface Segment {
  readonly number: number
  readonly lines: Line[]
  holds: number
}

interface Kept {
  channel: Channel
  segments: Segment[]
  /** Lines that are on disk, over all segments. */
  synced: number
  removed: number
}

export interface MemoryStore extends Store {
  refusal: BusError | undefined
  /** How often something was read back. */
  reads: number
  /** Says which records cannot be read back; default none. */
  damage: (offset: number) => boolean
  /** Why nothing can be read back; default it can. */
  unreadable: BusError | undefined
  /** Puts everything written so far on disk and calls who waits, in order. */
  sync(): void
  /** Every sync from now on fails. */
  fail(): void
  /** The store of the next process: `keepWritten` as after a kill, else as after a loss of power. */
  crash(options?: { readonly keepWritten?: boolean }): MemoryStore
  /** Lines of a channel that its segments still have. */
  linesOf(name: string): number
  /** Evacuates the oldest segment that is sealed. */
  compact(name: string): void
}

export interface MemoryStoreOptions {
  /** Lines after which a segment is sealed; default 1,000. */
  readonly segmentLines?: number
  readonly epoch?: number
  readonly kept?: readonly Kept[]
}

const segmentPlaces = 2 ** 27

export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { segmentLines = 1_000, epoch = 1, kept = [] } = options
  const journals = new Map<string, ReturnType<typeof openJournal>>()
  const byName = new Map(kept.map((one) => [one.channel.name, one]))
  let failed: BusError | undefined

  function openJournal(channel: Channel, owner: JournalOwner) {
    const known = byName.get(channel.name)
    const own: Kept = known ?? {
      channel,
      segments: [{ number: 1, lines: [], holds: 0 }],
      synced: 0,
      removed: 0,
    }
    own.channel = channel
    byName.set(channel.name, own)
    for (const segment of own.segments) segment.holds = 0
    own.segments.forEach((segment, index) => {
      for (const line of segment.lines) {
        if (line.kind === 'message') owner.message(line.stored)
        else if (line.kind === 'mark') owner.mark(line.mark, line.group, line.offset)
        else if (line.note.op !== 'state' || index === 0) owner.note(line.note, line.stored)
      }
    })
    const waiting: { readonly upTo: number; readonly fn: (failure: BusError | undefined) => void }[] = []
    let rolling = false

    const written = (): number => own.removed + own.segments.reduce((sum, { lines }) => sum + lines.length, 0)
    const last = (): Segment => own.segments.at(-1) as Segment
    const placeNext = (): Place => last().number * segmentPlaces + last().lines.length
    const add = (line: Line): void => {
      last().lines.push(line)
      if (rolling || last().lines.length < segmentLines) return
      rolling = true
      own.segments.push({ number: last().number + 1, lines: [], holds: 0 })
      add({ kind: 'note', note: json(owner.checkpoint()), stored: undefined })
      rolling = false
    }
    const segmentAt = (place: Place): Segment | undefined =>
      own.segments.find(({ number }) => number === Math.floor(place / segmentPlaces))
    const trim = (): void => {
      for (let oldest = own.segments[0]; oldest !== undefined; oldest = own.segments[0]) {
        const second = own.segments[1]
        if (second === undefined || oldest.holds > 0) return
        if (own.synced < own.removed + oldest.lines.length + 1) return
        own.removed += oldest.lines.length
        own.segments.shift()
      }
    }
    const intact = (stored: Stored): Stored => {
      if (store.damage(stored.offset)) throw new BusError('STORE_CORRUPT', `Damage at ${stored.place}.`)
      return stored
    }
    const journal: Journal = {
      message(facts, message) {
        const place = placeNext()
        add({ kind: 'message', stored: { ...facts, place, message: copyOf(message) } })
        return place
      },
      mark: (mark, group, offset) => add({ kind: 'mark', mark, group, offset }),
      note(note, copy) {
        const place = placeNext()
        const stored = copy && { ...factsOf(copy), place, message: copyOf(copy.message) }
        add({ kind: 'note', note: json(note), stored })
        return place
      },
      write() {},
      whenDurable: (fn) => void waiting.push({ upTo: written(), fn }),
      read(place) {
        store.reads++
        if (store.unreadable !== undefined) throw store.unreadable
        const line = segmentAt(place)?.lines[place % segmentPlaces]
        const stored = line?.kind === 'mark' ? undefined : line?.stored
        if (stored === undefined) throw new BusError('STORE_CORRUPT', `Nothing stands at ${place}.`)
        return intact(stored)
      },
      readFrom(place, bytes) {
        store.reads++
        const found: Stored[] = []
        let left = bytes
        for (const { number, lines } of own.segments) {
          for (const [at, line] of lines.entries()) {
            if (left <= 0 || number * segmentPlaces + at < place || line.kind !== 'message') continue
            found.push(intact(line.stored))
            left -= 100 + line.stored.message.body.size
          }
        }
        return found
      },
      hold(place) {
        const segment = segmentAt(place)
        if (segment === undefined) throw new Error(`Held a place that is no more: ${place}.`)
        segment.holds++
      },
      release(place) {
        const segment = segmentAt(place)
        if (segment === undefined || segment.holds === 0)
          throw new Error(`Released what nobody held: ${place}.`)
        segment.holds--
      },
    }
    return {
      journal,
      own,
      sync() {
        if (failed === undefined) own.synced = written()
        while (waiting[0] !== undefined && (failed !== undefined || waiting[0].upTo <= own.synced))
          waiting.shift()?.fn(failed)
        trim()
      },
      compact() {
        const [oldest, second] = own.segments
        if (oldest === undefined || second === undefined) return
        owner.evacuate(oldest.number * segmentPlaces, (oldest.number + 1) * segmentPlaces)
      },
    }
  }

  const store: MemoryStore = {
    epoch,
    get channels() {
      return [...byName.values()].map(({ channel }) => channel)
    },
    open(channel, owner) {
      const opened = openJournal(channel, owner)
      journals.set(channel.name, opened)
      return opened.journal
    },
    refusal: undefined,
    reads: 0,
    damage: () => false,
    unreadable: undefined,
    sync() {
      for (const { sync } of journals.values()) sync()
    },
    fail() {
      failed = new BusError('STORE_FAILED', 'The disk failed.', { outcome: 'unknown' })
      store.refusal = failed
    },
    crash({ keepWritten = false } = {}) {
      const after = [...byName.values()].map((one): Kept => {
        let left = keepWritten ? Number.POSITIVE_INFINITY : one.synced - one.removed
        const segments = one.segments.flatMap(({ number, lines }) => {
          const kept = lines.slice(0, Math.max(0, left))
          left -= lines.length
          return kept.length === 0 && number > 1 && left + lines.length <= 0
            ? []
            : [{ number, lines: kept, holds: 0 }]
        })
        const count = segments.reduce((sum, { lines }) => sum + lines.length, 0)
        return { channel: one.channel, segments, synced: one.removed + count, removed: one.removed }
      })
      return createMemoryStore({ ...options, epoch: epoch + 1, kept: after })
    },
    linesOf: (name) => byName.get(name)?.segments.reduce((sum, { lines }) => sum + lines.length, 0) ?? 0,
    compact: (name) => journals.get(name)?.compact(),
  }
  return store
}

const json = (note: Note): Note => JSON.parse(JSON.stringify(note)) as Note

const factsOf = ({ offset, time, delayMs, priority }: Facts): Facts => ({ offset, time, delayMs, priority })

function copyOf({ id, address, key, headers, time, body }: Message): Message {
  return {
    id,
    address,
    key,
    headers: { ...headers },
    time,
    body: new EncodedBody(body.codec, body.bytes().slice()),
  }
}
