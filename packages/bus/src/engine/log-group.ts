/** One cursor over a log: reads ahead into a group of consumers, and commits what they settled without a gap. */

import { matches, type Pattern } from './address-pattern.js'
import type { EngineConsumer, Sink } from './engine.js'
import { createGroupQueue } from './group-queue.js'
import type { LogRecords } from './log-records.js'
import type { Ending, GroupQueue, GroupQueueOptions, PartHost } from './parts.js'
import { Ring } from './ring.js'

/** Records that are read ahead of their settlement; a key that fails lets the others go on within it. */
const windowRecords = 1_024
const windowBytes = 16 * 1_048_576
/** How far the cursor may be ahead of the commit, counting only records of the group. */
const maxAhead = 10_000

export interface LogGroup {
  readonly queue: GroupQueue
  /** With `until`, the consumer ends once everything below that offset is settled. */
  join(sink: Sink, until: number | undefined): EngineConsumer
  /** To be called for each new record before retention looks at it. */
  appended(offset: number): void
  /** Ends the members with CLOSED. */
  close(): void
}

export interface LogGroupOptions extends Omit<GroupQueueOptions, 'onSettled'> {
  readonly records: LogRecords
  readonly pattern: Pattern
  /** Where it begins to read. */
  readonly cursor: number
  /** A record was settled; `again` when that had happened before, and it was put back from the dead letters. */
  readonly onSettled?: (ending: Ending, again: boolean) => void
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

export function createLogGroup(host: PartHost, options: LogGroupOptions): LogGroup {
  const { records, pattern } = options
  const members = new Set<LogMember>()
  const ahead = new Ring<Ahead>()
  const unsettled = new Map<number, Ahead>()
  let { cursor } = options
  let woken = false
  /** Members that read on for ever. */
  let endless = 0

  /** Everything of this group below it is settled. */
  const commit = (): number => ahead.peek()?.offset ?? cursor

  const queue = createGroupQueue(host, {
    ...options,
    onSettled(_message, offset, ending) {
      const entry = offset === undefined ? undefined : unsettled.get(offset)
      if (entry !== undefined) {
        entry.settled = true
        unsettled.delete(entry.offset)
        while (ahead.peek()?.settled === true) ahead.shift()
      }
      options.onSettled?.(ending, entry === undefined)
      if (queue.held * 2 <= windowRecords) wake()
    },
  })

  const hasRoom = (): boolean =>
    queue.members > 0 && queue.held < windowRecords && queue.heldBytes < windowBytes && ahead.size < maxAhead

  const offerNext = (): void => {
    const offset = cursor
    const message = records.at(offset)
    cursor += 1
    if (message === undefined || !matches(pattern, message.address)) return
    const entry = { offset, settled: false }
    ahead.push(entry)
    unsettled.set(offset, entry)
    queue.offer(message, { offset })
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

  const feed = (): void => {
    woken = false
    const to = limit()
    if (hasRoom()) skipRemoved(to)
    while (cursor < to && hasRoom()) offerNext()
    for (const member of members) {
      if (member.until === undefined || commit() < member.until) continue
      part(member)
      member.consumer.stop()
      member.sink.ended(undefined)
    }
  }

  const wake = (): void => {
    if (woken) return
    woken = true
    host.defer(feed)
  }

  return {
    queue,
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
      if (cursor === offset && offset < limit() && hasRoom()) offerNext()
    },
    close() {
      members.clear()
      endless = 0
      queue.close('CLOSED')
    },
  }
}
