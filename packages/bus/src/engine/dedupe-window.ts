/** The ids that were published lately, so that a message sent twice is stored once. */

import type { Body } from '../body.js'
import type { Clock, Timer } from '../clock.js'
import { IdIndex } from './id-index.js'
import type { Journal, Place } from './store.js'

/** What keeps the records of ids while they are in the window. */
type Keeper = Pick<Journal, 'hold' | 'release'>

/** What is remembered beside an id. */
interface Seen {
  readonly offset: number | undefined
  /** In a journal that must keep the record for as long. */
  readonly place?: Place | undefined
  /** How long ago it was published; default 0. */
  readonly ageMs?: number
}

export interface DedupeWindow {
  /** What is remembered of an id inside the window; a body other than the first is counted as a conflict. */
  find(id: string, body: Body): { readonly offset: number | undefined } | undefined
  /** Remembers an id that is not in the window. */
  add(id: string, digest: number, seen: Seen): void
  /** Has a journal keep the records of all ids, those known and those to come, while they are in the window. */
  hold(keeper: Keeper): void
  clear(): void
  /** Cancels the timer by which a journal hears of ids that are out of the window. */
  close(): void
  readonly windowMs: number
  readonly size: number
  /** Ids forgotten before their time because the window was full. */
  readonly evicted: number
  /** Duplicates whose body was not that of the first. */
  readonly conflicts: number
}

/** Bytes of a body that are compared; enough to find a mistake, and no burden for large payloads. */
const digestedBytes = 4_096
/** Stands for "no offset" and "no place". */
const none = -1

/** 32 bits over the length and the beginning of a body, by four bytes a step, as FNV-1a does it by one. */
export function digestOf(body: Body): number {
  const bytes = body.bytes()
  const end = Math.min(bytes.length, digestedBytes)
  const whole = end & ~3
  let hash = 0x811c9dc5 ^ bytes.length
  let at = 0
  for (; at < whole; at += 4) {
    const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
    const high = (bytes[at + 2] ?? 0) | ((bytes[at + 3] ?? 0) << 8)
    hash = Math.imul(hash ^ low ^ (high << 16), 0x01000193)
    hash ^= hash >>> 15
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193)
  return hash
}

/** A ring of columns: about sixty bytes an id, where an object with a string takes several times as much. */
class Ids {
  readonly index: IdIndex
  readonly untils: Float64Array
  readonly offsets: Float64Array
  readonly places: Float64Array
  readonly digests: Int32Array
  head = 0
  size = 0

  constructor(
    readonly capacity: number,
    isLinked: boolean,
  ) {
    this.index = new IdIndex(capacity, isLinked)
    this.untils = new Float64Array(capacity)
    this.offsets = new Float64Array(capacity)
    this.places = new Float64Array(capacity)
    this.digests = new Int32Array(capacity)
  }

  /** Takes the next slot. */
  push(until: number, digest: number, offset: number, place: number): number {
    const slot = (this.head + this.size++) % this.capacity
    this.untils[slot] = until
    this.digests[slot] = digest
    this.offsets[slot] = offset
    this.places[slot] = place
    return slot
  }

  /** Slots from the oldest on. */
  *slots(): Iterable<number> {
    for (let at = 0; at < this.size; at++) yield (this.head + at) % this.capacity
  }

  grown(capacity: number, isLinked: boolean): Ids {
    const larger = new Ids(capacity, isLinked)
    for (const slot of this.slots()) {
      const { untils, digests, offsets, places } = this
      const to = larger.push(
        untils[slot] ?? 0,
        digests[slot] ?? 0,
        offsets[slot] ?? none,
        places[slot] ?? none,
      )
      larger.index.copy(to, this.index, slot)
    }
    return larger
  }
}

/**
 * Remembers each id for `windowMs`, at most `maxIds` at a time, the oldest forgotten first. With `isRead` it takes in
 * what a journal says, and answers from the call of `hold` on.
 */
export function createDedupeWindow(
  clock: Clock,
  windowMs: number,
  maxIds: number,
  isRead = false,
): DedupeWindow {
  const firstCapacity = Math.min(maxIds, 256)
  let isLinked = !isRead
  let ids = new Ids(firstCapacity, isLinked)
  let keeper: Keeper | undefined
  let timer: Timer | undefined
  let evicted = 0
  let conflicts = 0

  const forgetOldest = (): void => {
    const slot = ids.head
    ids.index.delete(slot)
    ids.head = (slot + 1) % ids.capacity
    ids.size--
    const place = ids.places[slot] ?? none
    if (place !== none) keeper?.release(place)
  }
  const expire = (): void => {
    const now = clock.monotonic()
    while (ids.size > 0 && (ids.untils[ids.head] ?? 0) <= now) forgetOldest()
  }
  /** Files must not wait for the next publish to be let go; an eighth of the window later is soon enough. */
  const arm = (): void => {
    if (keeper === undefined || timer !== undefined || ids.size === 0) return
    const leftMs = (ids.untils[ids.head] ?? 0) - clock.monotonic()
    timer = clock.after(Math.max(0, leftMs) + windowMs / 8, () => {
      timer = undefined
      expire()
      arm()
    })
  }
  return {
    find(id, body) {
      expire()
      const slot = ids.index.find(id)
      if (slot === undefined) return undefined
      if (ids.digests[slot] !== digestOf(body)) conflicts++
      const offset = ids.offsets[slot] ?? none
      return { offset: offset === none ? undefined : offset }
    },
    add(id, digest, { offset = none, place = none, ageMs = 0 }) {
      if (ids.size >= maxIds) {
        forgetOldest()
        evicted++
      } else if (ids.size === ids.capacity) {
        ids = ids.grown(Math.min(maxIds, ids.capacity * 2), isLinked)
      }
      ids.index.set(ids.push(clock.monotonic() + windowMs - ageMs, digest, offset, place), id)
      if (place !== none) keeper?.hold(place)
      arm()
    },
    hold(journal) {
      keeper = journal
      if (!isLinked) ids.index.link(ids.slots())
      isLinked = true
      for (const slot of ids.slots()) {
        const place = ids.places[slot] ?? none
        if (place !== none) journal.hold(place)
      }
      arm()
    },
    clear() {
      while (ids.size > 0) forgetOldest()
      ids = new Ids(firstCapacity, isLinked)
    },
    close() {
      timer?.cancel()
      keeper = undefined
    },
    windowMs,
    get size() {
      return ids.size
    },
    get evicted() {
      return evicted
    },
    get conflicts() {
      return conflicts
    },
  }
}
