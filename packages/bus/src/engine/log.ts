/** The log of one stream channel: appends, retention, and the cursors of its groups and readers. */

import { BusError } from '../errors.js'
import type { ConsumeRequest, Start } from '../transport.js'
import { parsePattern } from './address-pattern.js'
import { createDeadLetters } from './dead-letters.js'
import { createLogGroup, type LogGroup } from './log-group.js'
import { createLogRecords } from './log-records.js'
import { createRetention } from './log-retention.js'
import type { CreateChannelBroker, Tally } from './parts.js'
import { createTally, stateOf } from './tally.js'

/** Groups without members whose position is remembered; the one that was left longest ago is forgotten first. */
const maxIdleGroups = 1_000
/** Records of a stream without retention, at most; their payloads are bounded by `queueBytes`. */
const maxRecords = 10_000_000

/** Serves one stream channel. Readers without a group hold no place once they left. */
export const createLog: CreateChannelBroker = (channel, host) => {
  const { clock, limits } = host
  const tally = createTally()
  const dead = createDeadLetters(limits.deadLetters, limits.deadLetterBytes, tally)
  const records = createLogRecords()
  const retention = createRetention(clock, channel.guarantees, records)
  const groups = new Map<string, LogGroup>()
  const idle = new Set<string>()
  /** With members. */
  const active = new Set<LogGroup>()
  /** Of readers: `received` is what they have read and not settled. */
  const readAhead = new Set<Tally>()
  let lastTime = 0

  const offsetOf = (start: Start | undefined): number => {
    if (start === 'start') return records.first
    if (typeof start !== 'object') return records.next
    return 'offset' in start ? Math.max(0, start.offset) : records.since(start.time)
  }

  const isFull = (): boolean =>
    records.next - records.first >= maxRecords || records.bytes >= limits.queueBytes

  const everyGroup = (): Set<LogGroup> => new Set([...groups.values(), ...active])

  const forget = (key: string): void => {
    const group = groups.get(key)
    groups.delete(key)
    idle.delete(key)
    group?.queue.purge()
    group?.close()
  }

  const groupOf = (name: string, request: ConsumeRequest): LogGroup => {
    const pattern = parsePattern(channel, request.pattern)
    // What a group reads is part of its place: another pattern is another cursor.
    const key = `${name} ${pattern.tokens === undefined ? '' : pattern.text}`
    const cursor = offsetOf(request.start)
    const known = groups.get(key)
    idle.delete(key)
    if (known !== undefined) return known
    const group = createLogGroup(host, {
      channel,
      records,
      dead,
      tally,
      group: name,
      pattern,
      cursor,
      onEmpty() {
        active.delete(group)
        idle.add(key)
        const [oldest] = idle
        if (idle.size > maxIdleGroups && oldest !== undefined) forget(oldest)
      },
    })
    groups.set(key, group)
    return group
  }

  const reader = (request: ConsumeRequest): LogGroup => {
    // What a reader had read ahead when it left is no loss, so only what it settled stays in the channel's counts.
    const own = createTally()
    const group: LogGroup = createLogGroup(host, {
      channel,
      records,
      dead,
      tally: own,
      transient: true,
      group: undefined,
      pattern: parsePattern(channel, request.pattern),
      cursor: offsetOf(request.start),
      onSettled(ending, again) {
        const left = ending === 'dropped' && group.queue.members === 0
        if (left) return
        if (!again) {
          tally.received += 1
          own.received -= 1
        }
        if (ending !== 'dead') tally[ending] += 1
      },
      onEmpty() {
        active.delete(group)
        readAhead.delete(own)
      },
    })
    readAhead.add(own)
    return group
  }

  return {
    dead,

    publish({ message }) {
      // Age frees room as it is looked at, which the timer may have done a while ago.
      if (isFull()) retention.apply()
      if (isFull()) {
        throw new BusError(
          'QUEUE_FULL',
          `${channel.name} holds ${records.next - records.first} records with ${records.bytes} bytes and cannot take more; keepMs, keepCount or keepBytes would bound it.`,
          { outcome: 'rejected' },
        )
      }
      message.body.retain()
      lastTime = Math.max(lastTime, clock.now())
      const offset = records.append(message, lastTime, clock.monotonic())
      for (const group of active) group.appended(offset)
      retention.apply()
      return { id: message.id, level: 'accepted', offset }
    },

    consume(request, sink) {
      retention.apply()
      const group = request.group === undefined ? reader(request) : groupOf(request.group, request)
      active.add(group)
      return group.join(sink, request.until === 'now' ? records.next : undefined)
    },

    inspect() {
      retention.apply()
      const queues = [...everyGroup()].map(({ queue }) => queue)
      let { received } = tally
      for (const own of readAhead) received += own.received
      return { ...stateOf(tally, queues), received, first: records.first, next: records.next }
    },

    purge() {
      const count = records.next - records.first
      while (records.first < records.next) records.removeFirst()
      for (const group of everyGroup()) group.queue.purge()
      return count
    },

    close() {
      retention.close()
      for (const group of everyGroup()) group.close()
      groups.clear()
      active.clear()
    },
  }
}
