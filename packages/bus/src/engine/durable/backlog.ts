/** Which messages a group has to come, and where each stands in the journal: nine bytes a message, in order of offset. */

import type { Place } from '../store.js'

/** Messages of one chunk. */
const chunkSize = 4_096
const levels = 10

/** `queued`: waits in the journal. `taken`: in memory or waiting for its time, somebody else knows it. */
const [gone, queued, taken] = [0, 1, 2]

interface Chunk {
  readonly places: Float64Array
  /** State, and the priority in the upper bits. */
  readonly states: Uint8Array
  /** Messages that are not gone. */
  live: number
  /** Queued ones by priority. */
  readonly queued: Uint16Array
}

export interface Backlog {
  /** Messages that are not gone. */
  readonly size: number
  /** Those that wait in the journal. */
  readonly queued: number
  has(offset: number): boolean
  /** Of a message that is not gone. */
  placeOf(offset: number): Place | undefined
  priorityOf(offset: number): number
  /** Adds a message as taken; gives the place it had before, if it was there. */
  add(offset: number, place: Place, priority: number): Place | undefined
  /** Leaves a message to the journal until `next` gives it. */
  queue(offset: number): void
  /** The first queued message of a priority, taken from now on. */
  next(priority: number): number | undefined
  /** Gives the place of what was removed. */
  remove(offset: number): Place | undefined
  /** Offsets and places of all, in order of offset; `next` and `remove` may be called meanwhile. */
  entries(): Iterable<readonly [offset: number, place: Place]>
}

export function createBacklog(): Backlog {
  const chunks = new Map<number, Chunk>()
  /** Per priority, below which offset nothing is queued. */
  const from = new Float64Array(levels)
  const waiting = new Float64Array(levels)
  let size = 0
  let queuedSize = 0
  // Most calls are about the chunk of the one before.
  let lastNumber = -1
  let lastChunk: Chunk | undefined

  const chunkOf = (offset: number): Chunk | undefined => {
    const number = Math.floor(offset / chunkSize)
    if (number !== lastNumber) {
      lastNumber = number
      lastChunk = chunks.get(number)
    }
    return lastChunk
  }
  const makeChunk = (offset: number): Chunk => {
    const chunk = {
      places: new Float64Array(chunkSize),
      states: new Uint8Array(chunkSize),
      live: 0,
      queued: new Uint16Array(levels),
    }
    lastNumber = Math.floor(offset / chunkSize)
    lastChunk = chunk
    chunks.set(lastNumber, chunk)
    return chunk
  }
  const stateAt = (chunk: Chunk | undefined, offset: number): number =>
    chunk?.states[offset % chunkSize] ?? gone
  const count = (chunk: Chunk, priority: number, by: number): void => {
    chunk.queued[priority] = (chunk.queued[priority] ?? 0) + by
    waiting[priority] = (waiting[priority] ?? 0) + by
    queuedSize += by
  }
  const set = (chunk: Chunk, offset: number, state: number, priority: number): void => {
    chunk.states[offset % chunkSize] = state | (priority << 4)
  }

  return {
    get size() {
      return size
    },
    get queued() {
      return queuedSize
    },
    has: (offset) => stateAt(chunkOf(offset), offset) !== gone,
    placeOf(offset) {
      const chunk = chunkOf(offset)
      return stateAt(chunk, offset) === gone ? undefined : chunk?.places[offset % chunkSize]
    },
    priorityOf: (offset) => stateAt(chunkOf(offset), offset) >> 4,
    add(offset, place, priority) {
      const chunk = chunkOf(offset) ?? makeChunk(offset)
      const at = offset % chunkSize
      const before = stateAt(chunk, offset)
      const old = before === gone ? undefined : chunk.places[at]
      chunk.places[at] = place
      if (old !== undefined) return old
      set(chunk, offset, taken, priority)
      chunk.live++
      size++
      return undefined
    },
    queue(offset) {
      const chunk = chunkOf(offset)
      const state = stateAt(chunk, offset)
      if (chunk === undefined || (state & 15) !== taken) return
      const priority = state >> 4
      set(chunk, offset, queued, priority)
      count(chunk, priority, 1)
      if (waiting[priority] === 1 || offset < (from[priority] ?? 0)) from[priority] = offset
    },
    next(priority) {
      if ((waiting[priority] ?? 0) === 0) return undefined
      for (let offset = from[priority] ?? 0; ; ) {
        const chunk = chunkOf(offset)
        if (chunk === undefined || chunk.queued[priority] === 0) {
          offset = (Math.floor(offset / chunkSize) + 1) * chunkSize
          continue
        }
        if (stateAt(chunk, offset) === (queued | (priority << 4))) {
          set(chunk, offset, taken, priority)
          count(chunk, priority, -1)
          from[priority] = offset + 1
          return offset
        }
        offset++
      }
    },
    remove(offset) {
      const chunk = chunkOf(offset)
      const state = stateAt(chunk, offset)
      if (chunk === undefined || state === gone) return undefined
      const at = offset % chunkSize
      if ((state & 15) === queued) count(chunk, state >> 4, -1)
      chunk.states[at] = gone
      size--
      const place = chunk.places[at]
      if (--chunk.live === 0) {
        chunks.delete(Math.floor(offset / chunkSize))
        lastNumber = -1
      }
      return place
    },
    *entries() {
      for (const number of [...chunks.keys()].sort((a, b) => a - b)) {
        for (let at = 0; at < chunkSize; at++) {
          const chunk = chunks.get(number)
          if (chunk === undefined) break
          if (chunk.states[at] !== gone) yield [number * chunkSize + at, chunk.places[at] ?? 0]
        }
      }
    },
  }
}
