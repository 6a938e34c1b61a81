/** One group over plain events: a bounded buffer, at most once, no settlement; built for speed. */

import type { Overflow } from '../channel.js'
import type { BusErrorCode } from '../error-table.js'
import { BusError } from '../errors.js'
import type { Message } from '../transport.js'
import type { EngineConsumer, Sink } from './engine.js'
import { createMember, type Member } from './member.js'
import type { PartHost, Tally } from './parts.js'
import { Ring } from './ring.js'

/** What may wait, and what happens beyond; of a group, what its newest member asked for. */
export interface BufferOptions {
  readonly messages: number
  readonly overflow: Overflow
}

export const defaultBuffer: BufferOptions = { messages: 4096, overflow: 'drop-oldest' }

interface Blocked {
  readonly message: Message
  readonly size: number
  readonly resume: () => void
  readonly refuse: (error: BusError) => void
}

export interface PlainGroup {
  readonly ready: number
  readonly members: number
  /** False when as many publishes wait for room as may. */
  readonly accepts: boolean
  /** A promise when the publisher must wait for room. */
  offer(message: Message): Promise<void> | undefined
  join(sink: Sink, buffer: BufferOptions): EngineConsumer
  purge(): number
  close(reason: BusErrorCode): void
}

/** Makes a group; `onEmpty` is called when its last member has gone, with what still waited counted as dropped. */
export function createPlainGroup(
  host: Pick<PartHost, 'defer' | 'limits'>,
  tally: Tally,
  onEmpty: () => void,
): PlainGroup {
  const { defer } = host
  const { bufferBytes, blockedPublishes } = host.limits
  const members = new Set<Member>()
  const takers = new Ring<Member>()
  const blocked = new Ring<Blocked>()
  const messages = new Ring<Message>()
  const sizes = new Ring<number>()
  let { messages: maxMessages, overflow } = defaultBuffer
  let bytes = 0
  let gap = 0
  let scheduled = false
  let flushing = false
  /** The place of the message beyond the limit that has the others handed out. */
  let spare = 0

  const isFull = (size: number): boolean =>
    messages.size >= maxMessages + spare || (messages.size > 0 && bytes + size > bufferBytes)
  const isOver = (): boolean =>
    messages.size > maxMessages + spare || (messages.size > 1 && bytes > bufferBytes)

  function push(message: Message, size: number): void {
    messages.push(message)
    sizes.push(size)
    bytes += size
    if (!scheduled) schedule()
  }

  function shift(): Message | undefined {
    bytes -= sizes.shift() ?? 0
    return messages.shift()
  }

  function schedule(): void {
    if (scheduled || flushing || takers.size === 0 || messages.size === 0) return
    scheduled = true
    defer(run)
  }

  function run(): void {
    scheduled = false
    flush()
  }

  /** Hands out what waits, in turn, to members with credit. */
  function flush(): void {
    if (flushing) return
    flushing = true
    // What sinks publish meanwhile waits for the next turn, so that no group holds the process.
    for (let budget = messages.size; budget > 0 && takers.size > 0; budget--) {
      const member = nextTaker()
      const message = member && shift()
      if (member === undefined || message === undefined) break
      member.credit--
      tally.done++
      if (gap > 0) reportGap(member)
      member.sink.deliver({ token: 0, message, attempt: 1, acquired: 1, offset: undefined })
    }
    flushing = false
    admitBlocked()
    schedule()
  }

  /** The member whose turn it is; it stays at the head of the line while it is alone. */
  function nextTaker(): Member | undefined {
    for (let member = takers.peek(); member !== undefined; member = takers.peek()) {
      if (member.active && member.credit > 0) {
        if (takers.size > 1) {
          takers.shift()
          takers.push(member)
        }
        return member
      }
      takers.shift()
      member.queued = false
    }
    return undefined
  }

  function reportGap(member: Member): void {
    const count = gap
    gap = 0
    member.sink.onGap({ count })
  }

  function admitBlocked(): void {
    for (let next = blocked.peek(); next !== undefined && !isFull(next.size); next = blocked.peek()) {
      blocked.shift()
      push(next.message, next.size)
      next.resume()
    }
  }

  /** Stands in line before anything is handed out, so that what sinks publish meanwhile comes behind it. */
  function overflowed(message: Message, size: number): Promise<void> | undefined {
    if (overflow === 'block' || blocked.size > 0) return waitForRoom(message, size)
    push(message, size)
    if (!flushing) {
      spare = 1
      flush()
      spare = 0
    }
    if (overflow === 'disconnect' && isOver()) endAll('SLOW_CONSUMER')
    while (isOver()) {
      shift()
      tally.dropped++
      gap++
    }
    return undefined
  }

  /** Gives a promise only if handing out what waits makes no room. */
  function waitForRoom(message: Message, size: number): Promise<void> | undefined {
    let isAdmitted = false
    const admit = (): void => {
      isAdmitted = true
    }
    const place = { message, size, resume: admit, refuse: (_error: BusError): void => undefined }
    blocked.push(place)
    flush()
    if (isAdmitted) return undefined
    return new Promise((resolve, reject) => {
      place.resume = resolve
      place.refuse = reject
    })
  }

  /** Before they hear of it they are gone, so that leaving once more changes nothing. */
  function endMembers(reason: BusErrorCode): void {
    const all = [...members]
    for (const member of all) member.active = false
    members.clear()
    for (const member of all) member.sink.ended(reason)
  }

  function endAll(reason: BusErrorCode): void {
    endMembers(reason)
    discard('dropped')
    onEmpty()
  }

  /** Empties the buffer and lets waiting publishers go on. */
  function discard(ending: 'dropped' | 'purged'): number {
    const count = messages.size + blocked.size
    tally[ending] += count
    while (messages.size > 0) shift()
    for (let next = blocked.shift(); next !== undefined; next = blocked.shift()) next.resume()
    return count
  }

  function remove(member: Member): void {
    if (!members.delete(member)) return
    member.active = false
    if (members.size > 0) return
    discard('dropped')
    onEmpty()
  }

  return {
    get ready() {
      return messages.size + blocked.size
    },
    get members() {
      return members.size
    },
    get accepts() {
      return blocked.size < blockedPublishes
    },
    offer(message) {
      tally.received++
      const { size } = message.body
      if (blocked.size > 0 || isFull(size)) return overflowed(message, size)
      push(message, size)
      return undefined
    },
    join(sink, buffer) {
      maxMessages = Math.max(1, buffer.messages)
      overflow = buffer.overflow
      const member = createMember(sink, undefined)
      members.add(member)
      const gone = (): void => remove(member)
      return {
        credit(count) {
          if (!member.active || !(count > 0)) return
          member.credit += count
          if (!member.queued) {
            member.queued = true
            takers.push(member)
          }
          if (messages.size > 0) schedule()
        },
        settle: () => false,
        extend: () => false,
        stop: gone,
        leave: gone,
      }
    },
    purge: () => discard('purged'),
    close(reason) {
      const closed = (): BusError =>
        new BusError('CLOSED', 'The bus was closed while a publish waited for room.', { outcome: 'rejected' })
      for (let next = blocked.shift(); next !== undefined; next = blocked.shift()) next.refuse(closed())
      endMembers(reason)
    },
  }
}
