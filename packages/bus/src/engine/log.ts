/** The log of one stream channel in memory: appends, retention, and the cursors of its groups and readers. */

import { BusError } from '../errors.js'
import { createDeadLetters } from './dead-letters.js'
import { countInto, createLogCursors } from './log-cursors.js'
import { createLogGroup } from './log-group.js'
import { createLogRecords } from './log-records.js'
import { createRetention } from './log-retention.js'
import type { CreateChannelBroker } from './parts.js'
import { createTally } from './tally.js'

/** Records of a stream without retention, at most; their payloads are bounded by `queueBytes`. */
const maxRecords = 10_000_000

/** Serves one stream channel. Readers without a group hold no place once they left. */
export const createLog: CreateChannelBroker = (channel, host) => {
  const { clock, limits } = host
  const tally = createTally()
  const dead = createDeadLetters(limits.deadLetters, limits.deadLetterBytes, tally)
  const records = createLogRecords()
  const retention = createRetention(clock, channel.guarantees, records)
  const cursors = createLogCursors(channel, host, {
    records,
    tally,
    passing: createTally(),
    dead,
    makeGroup: ({ name, pattern, cursor, onEmpty }) =>
      createLogGroup(host, {
        channel,
        records,
        dead,
        tally: createTally(),
        group: name,
        pattern,
        cursor,
        onSettled: countInto(tally),
        onEmpty,
      }),
  })
  let lastTime = 0

  const isFull = (): boolean =>
    records.next - records.first >= maxRecords || records.bytes >= limits.queueBytes

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
      cursors.appended(offset)
      retention.apply()
      return { id: message.id, level: 'accepted', offset }
    },

    consume(request, sink) {
      retention.apply()
      return cursors.consume(request, sink)
    },

    inspect() {
      retention.apply()
      return cursors.inspect()
    },

    purge() {
      const count = records.next - records.first
      while (records.first < records.next) records.removeFirst()
      cursors.purge()
      return count
    },

    close() {
      retention.close()
      cursors.close()
    },
  }
}
