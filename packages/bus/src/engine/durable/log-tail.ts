/** The latest records of a stream in memory, so that who reads along never touches the disk. */

import type { Message } from '../../transport.js'

const tailRecords = 4_096
const tailBytes = 8 * 1_048_576

export interface LogTail {
  at(offset: number): Message | undefined
  /** Adds a record; what came before it and does not follow on is forgotten. */
  push(offset: number, message: Message): void
  clear(): void
}

export function createLogTail(): LogTail {
  let messages: (Message | undefined)[] = []
  let sizes: number[] = []
  let from = 0
  let to = 0
  let bytes = 0

  const clear = (): void => {
    messages = []
    sizes = []
    from = to = bytes = 0
  }
  const removeFirst = (): void => {
    const slot = from % tailRecords
    messages[slot] = undefined
    bytes -= sizes[slot] ?? 0
    from++
  }

  return {
    at: (offset) => (offset < from || offset >= to ? undefined : messages[offset % tailRecords]),
    push(offset, message) {
      if (offset !== to) {
        clear()
        from = to = offset
      }
      // A body may learn a smaller size later; what was counted in is what is counted out.
      const { size } = message.body
      while (from < to && (to - from === tailRecords || bytes + size > tailBytes)) removeFirst()
      messages[offset % tailRecords] = message
      sizes[offset % tailRecords] = size
      bytes += size
      to++
    },
    clear,
  }
}
