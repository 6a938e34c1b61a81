/** Workers of queues and members of groups of tracked events: share groups, settled record by record. */

import { createPump } from '@busbar/adapter'
import {
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  matcher,
} from 'busbar/transport'
import type { KafkaLink } from '../link.js'
import { messageOf } from '../records.js'
import { bury, carryOut, failedBefore, putBack, type Tried } from '../settle.js'
import { asBusError } from '../wire/failure.js'
import { startMover } from './mover.js'
import { type Acquired, readShared } from './share-reader.js'

/** The broker gives a record up after five acquisitions, without a word; it is written anew before. */
const mostDeliveries = 4
/** Of broken-off deliveries that have not come again; others may have got them. */
const rememberedPlaces = 1_000

export interface ConsumerHandle {
  readonly consumer: Consumer
  /** Ends without waiting for handlers; resolves when the broker has been told. */
  abandon(): Promise<void>
}

export async function consumeShared(
  link: KafkaLink,
  request: ConsumeRequest,
  deliver: Deliver,
): Promise<ConsumerHandle> {
  const { host, cluster, names } = link
  const { channel, group, concurrency } = request
  const matches = matcher(request.pattern)
  let isClosed = false
  let aside = 0
  let tellEnd: (why: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    tellEnd = resolve
  })
  const fail = (error: unknown): void => tellEnd(asBusError(error, 'Consuming').code)
  const pump = createPump({
    concurrency,
    deliver,
    // Not accepted, so it comes again when its lock has run out.
    onError: () => {},
    onRoom: () => reader.wake(),
  })

  // The broker may forget how often it has given out what was in hand when the connection broke.
  const inHand = new Map<string, number>()
  const brokenOff = new Map<string, number>()

  const take = (one: Acquired): void => {
    const { record, deliveries } = one
    const message = messageOf(channel, record)
    const before = failedBefore(record)
    const place = `${record.topic}/${record.partition}/${record.offset}`
    const attempt = Math.max(before + deliveries, (brokenOff.get(place) ?? 0) + 1)
    brokenOff.delete(place)
    const tried: Tried = { channel, group, message, record, attempt, acquired: attempt }
    if (!matches(message.address)) one.accept()
    else if (attempt > channel.guarantees.retry.attempts) {
      const lost = { code: 'LEASE_LOST', message: 'Every worker that had it went away.' }
      beside(one, bury(link, { ...tried, acquired: attempt - 1 }, 'attempts', attempt - 1, lost))
    } else if (isClosed || deliveries >= mostDeliveries) beside(one, putBack(link, tried, attempt - 1))
    else {
      inHand.set(place, attempt)
      pump.take({
        message,
        attempt,
        settle(outcome) {
          inHand.delete(place)
          const work = carryOut(link, tried, outcome)
          if (work === undefined) return one.accept()
          return work.then(() => one.accept())
        },
      })
    }
  }

  /** Settled without a handler. */
  const beside = (one: Acquired, work: Promise<void>): void => {
    aside += 1
    work
      .then(() => one.accept(), fail)
      .finally(() => {
        aside -= 1
        reader.wake()
      })
  }

  const topics = [...new Set([names.topic(channel.name), names.again(channel.name, group)])]
  const reader = await readShared(host, cluster, {
    group: names.group(channel.name, group),
    topics,
    room: () => (isClosed ? 0 : Math.max(0, pump.room - aside)),
    acquired: take,
    lost() {
      pump.loseAll()
      for (const [place, attempt] of inHand) brokenOff.set(place, attempt)
      inHand.clear()
      for (const place of brokenOff.keys()) {
        if (brokenOff.size <= rememberedPlaces) break
        brokenOff.delete(place)
      }
    },
    failed: fail,
  })
  const mover = await startMover(link, channel, group, fail)

  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    isClosed = true
    const moved = mover.stop()
    await pump.idle()
    await Promise.all([reader.stop(), moved])
    tellEnd(undefined)
  }
  return {
    consumer: {
      ended,
      close() {
        closing ??= close()
        return closing
      },
    },
    async abandon() {
      isClosed = true
      pump.loseAll()
      const told = [reader.abandon(), mover.abandon()]
      tellEnd('CLOSED')
      await Promise.all(told)
    },
  }
}
