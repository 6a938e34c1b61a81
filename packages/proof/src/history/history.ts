/** Where harnesses write what happens: into memory, or into a file of JSON lines. */

import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { Happening, HistoryEvent } from './event.js'

/** Takes events in the order in which they happen. */
export interface History {
  write(process: string, happening: Happening): void
}

/** Times of a history: `monotonic` of any Clock. */
export interface HistoryClock {
  monotonic(): number
}

/** A history that stays in memory. */
export interface MemoryHistory extends History {
  readonly events: readonly HistoryEvent[]
}

export function memoryHistory(clock: HistoryClock): MemoryHistory {
  const events: HistoryEvent[] = []
  return {
    events,
    write: (process, happening) => void events.push({ at: clock.monotonic(), process, ...happening }),
  }
}

/** A history in a file; what was written is there when `close` returns. */
export interface FileHistory extends History {
  readonly path: string
  close(): void
}

/** Lines leave in blocks: a write for each of a million events would be the harness's main work. */
const blockLength = 1 << 16

/**
 * Begins a history in a file of JSON lines, in the process of the harness: it outlives every process that is killed.
 * Throws what the file system says.
 */
export function fileHistory(path: string, clock: HistoryClock): FileHistory {
  const file = openSync(path, 'w')
  let block = ''
  let isOpen = true
  const flush = (): void => {
    const bytes = Buffer.from(block)
    block = ''
    for (let from = 0; from < bytes.length; ) from += writeSync(file, bytes, from)
  }
  return {
    path,
    write(process, happening) {
      // Whoever still works after the end of the run has nothing to add to it.
      if (!isOpen) return
      block += `${JSON.stringify({ at: clock.monotonic(), process, ...happening })}\n`
      if (block.length >= blockLength) flush()
    },
    close() {
      if (!isOpen) return
      isOpen = false
      flush()
      closeSync(file)
    },
  }
}

/** Reads a history from its file, block by block, again each time it is iterated. */
export function readHistory(path: string): Iterable<HistoryEvent> {
  return { [Symbol.iterator]: () => lines(path) }
}

function* lines(path: string): Generator<HistoryEvent> {
  const file = openSync(path, 'r')
  try {
    const block = Buffer.alloc(blockLength)
    const decoder = new StringDecoder('utf8')
    let rest = ''
    for (let count = readSync(file, block); count > 0; count = readSync(file, block)) {
      const texts = (rest + decoder.write(block.subarray(0, count))).split('\n')
      rest = texts.pop() ?? ''
      // The file is the harness's own.
      for (const text of texts) yield JSON.parse(text) as HistoryEvent
    }
  } finally {
    closeSync(file)
  }
}
