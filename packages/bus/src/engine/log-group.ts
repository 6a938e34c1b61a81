/** One cursor over a log: reads ahead into a group of consumers, and commits what they settled without a gap. */

import type { Timer } from '../clock.js'
import { isBusError } from '../errors.js'
import type { Message } from '../transport.js'
import { matches, type Pattern } from './address-pattern.js'
import type { EngineConsumer, Sink } from './engine.js'
import { createGroupQueue } from './group-queue.js'
import type { LogRecords } from './log-records.js'
import type { Ending, GroupQueueOptions, Offer, PartHost } from './parts.js'
import { Ring } from './ring.js'
import type { Holding } from './tally.js'

/** Records that are read ahead of their settlement; a key that fails lets the others go on within it. */
const windowRecords = 1_024
const windowBytes = 16 * 1_048_576
/** How far the cursor may be ahead of the commit, counting only records of the group. */
const maxAhead = 10_000
/** Records that are looked at in one step, and in how many one after the other before I/O gets its turn. */
const stepRecords = 1_024
const turnRecords = 8 * stepRecords
/** How far a cursor that only passes by records of others may come until it is told. */
const toldRecords = 4_096

/** What the broker of a stream knows of a cursor. */
export interface LogGroup extends Required<Holding> {
  /** Records that were read ahead and not settled yet; only then they count as received. */
  readonly unsettled: number
  /** With `until`, the consumer ends once everything below that offset is settled. */
  join(sink: Sink, until: number | undefined): EngineConsumer
  /** To be called for each new record before retention looks at it. */
  appended(offset: number): void
  purge(): number
  /** Ends the members with CLOSED. */
  close(): void
}

/** A cursor with members, or one that may get some. */
export interface ReadingGroup extends LogGroup {
  /** Everything of this group below it is settled. */
  readonly commit: number
  /** Has it look soon for what it can read. */
  wake(): void
}

/** What is kept of a group that survives. */
export interface KeptGroup {
  /** How a record comes into the group; undefined when it was settled in an earlier run. */
  offerOf(offset: number): Offer | undefined
  /** The next record that went back from the dead letters. */
  takeBack(): { readonly message: Message; readonly offer: Offer } | undefined
  /** Everything of the group below `commit` is settled. */
  advanced(commit: number): void
}

export interface LogGroupOptions extends Omit<GroupQueueOptions, 'onSettled'> {
  readonly records: LogRecords
  readonly pattern: Pattern
  /** Where it begins to read. */
  readonly cursor: number
  readonly kept?: KeptGroup
  /** A record was settled; `again` when that had happened before, and it was put back from the dead letters. */
  readonly onSettled?: (ending: Ending, again: boolean, offset: number) => void
}

interface Ahead {
  readonly offset: number
  settled: boolean
}

interface LogMember {
  readonly sink: Sink
  readonly until: number | undefined
  readonly consumer: EngineConsumer
}

export function createLogGroup(host: PartHost, options: LogGroupOptions): ReadingGroup {
  const { records, pattern, kept } = options
  const members = new Set<LogMember>()
  const ahead = new Ring<Ahead>()
  const unsettled = new Map<number, Ahead>()
  let { cursor } = options
  let woken = false
  let closed = false
  /** Records looked at since I/O had its turn. */
  let looked = 0
  let pause: Timer | undefined
  /** Members that read on for ever. */
  let endless = 0

  /** Everything of this group below it is settled. */
  const commit = (): number => ahead.peek()?.offset ?? cursor

  const queue = createGroupQueue(host, {
    ...options,
    onSettled(_message, offset = -1, ending) {
      const entry = unsettled.get(offset)
      if (entry !== undefined) {
        entry.settled = true
        unsettled.delete(offset)
        while (ahead.peek()?.settled === true) ahead.shift()
        kept?.advanced(commit())
      }
      options.onSettled?.(ending, entry === undefined, offset)
      if (queue.held * 2 <= windowRecords) wake()
    },
  })

  const queueHasRoom = (): boolean =>
    queue.members > 0 && queue.held < windowRecords && queue.heldBytes < windowBytes
  const hasRoom = (): boolean => queueHasRoom() && ahead.size < maxAhead

  const offerNext = (): void => {
    const offset = cursor
    const message = records.at(offset)
    cursor += 1
    if (kept !== undefined && cursor % toldRecords === 0) kept.advanced(commit())
    if (message === undefined || !matches(pattern, message.address)) return
    const offer = kept === undefined ? { offset } : kept.offerOf(offset)
    if (offer === undefined) return
    const entry = { offset, settled: false }
    ahead.push(entry)
    unsettled.set(offset, entry)
    queue.offer(message, offer)
  }

  /** Reads no further than somebody wants to. */
  const limit = (): number => {
    if (endless > 0) return records.next
    let furthest = 0
    for (const { until = 0 } of members) furthest = Math.max(furthest, until)
    return Math.min(furthest, records.next)
  }

  const part = (member: LogMember): void => {
    if (members.delete(member) && member.until === undefined) endless -= 1
  }

  /** Says what retention removed before it was read; to one member, so that gaps add up. */
  const skipRemoved = (to: number): void => {
    const end = Math.min(records.first, to)
    if (cursor >= end) return
    const gap = { count: end - cursor, from: cursor, to: end - 1 }
    cursor = end
    for (const { sink } of members) {
      sink.onGap(gap)
      break
    }
  }

  const readOn = (): void => {
    while (kept !== undefined && queueHasRoom()) {
      const back = kept.takeBack()
      if (back === undefined) break
      queue.offer(back.message, back.offer)
    }
    const to = limit()
    if (hasRoom()) skipRemoved(to)
    const from = cursor
    while (cursor < to && cursor - from < stepRecords && hasRoom()) offerNext()
    looked += cursor - from
    if (cursor < to && hasRoom()) wake()
    kept?.advanced(commit())
  }

  const feed = (): void => {
    woken = false
    pause = undefined
    if (closed) return
    try {
      readOn()
    } catch (error) {
      // A damaged record: nobody may go on as if it were not there.
      if (!isBusError(error)) throw error
      members.clear()
      queue.close(error.code)
    }
    for (const member of members) {
      if (member.until === undefined || commit() < member.until) continue
      part(member)
      member.consumer.stop()
      member.sink.ended(undefined)
    }
  }

  const wake = (): void => {
    if (woken || closed) return
    woken = true
    if (looked < turnRecords) {
      host.defer(feed)
      return
    }
    // What is deferred runs before any I/O: a replay of millions would keep everybody else waiting.
    looked = 0
    pause = host.clock.after(0, feed, { keepAlive: true })
  }

  return {
    get ready() {
      return queue.ready
    },
    get delayed() {
      return queue.delayed
    },
    get leased() {
      return queue.leased
    },
    get members() {
      return queue.members
    },
    get unsettled() {
      return unsettled.size
    },
    get commit() {
      return commit()
    },
    wake,
    join(sink, until) {
      const consumer = queue.join(sink)
      const member = { sink, until, consumer }
      members.add(member)
      if (until === undefined) endless += 1
      wake()
      return {
        ...consumer,
        stop() {
          part(member)
          consumer.stop()
        },
        leave(how) {
          part(member)
          consumer.leave(how)
        },
      }
    },
    appended(offset) {
      // Who has read everything gets the record at once, so that no retention can come in between.
      if (cursor === offset && offset >= records.first && offset < limit() && hasRoom()) offerNext()
      else if (hasRoom() && cursor < limit()) wake()
    },
    purge: () => queue.purge(),
    close() {
      closed = true
      pause?.cancel()
      members.clear()
      endless = 0
      queue.close('CLOSED')
    },
  }
}
