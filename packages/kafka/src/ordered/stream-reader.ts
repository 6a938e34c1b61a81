/** Readers without a group: records by offset, from anywhere, until now or for ever. */

import { createPump, createRecordLanes } from '@busbar/adapter'
import { type BusErrorCode, type ConsumeRequest, type Deliver, matcher } from 'busbar/transport'
import type { KafkaLink } from '../link.js'
import { messageOf, windowRecords } from '../records.js'
import type { ConsumerHandle } from '../share/shared-consumer.js'
import { asBusError } from '../wire/failure.js'
import { endOf } from '../wire/offsets.js'
import { readFrom } from '../wire/reader.js'
import { startsOf } from './starts.js'

export async function readStream(
  link: KafkaLink,
  request: ConsumeRequest,
  deliver: Deliver,
): Promise<ConsumerHandle> {
  const { host, cluster, names } = link
  const { channel, concurrency } = request
  const topic = names.topic(channel.name)
  const matches = matcher(request.pattern)
  const starts = await startsOf(link, topic, request)
  const ends = new Map<number, number>()
  if (request.until === 'now') {
    for (const partition of starts.keys()) ends.set(partition, await endOf(cluster, topic, partition))
  }
  let tellEnd: (why: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    tellEnd = resolve
  })
  const fail = (error: unknown): void => tellEnd(asBusError(error, 'Reading').code)
  const runners: { run(): void }[] = []
  const pump = createPump({
    concurrency,
    deliver,
    onError: fail,
    onRoom() {
      for (const one of runners) one.run()
    },
  })

  const open = [...starts].map(([partition, from]) => {
    const lanes = createRecordLanes({
      ...{ clock: host.clock, pump, from, windowRecords },
      isKeyed: channel.guarantees.ordered && request.inOrder !== true,
      settle: () => undefined,
      onSettled: () => check(),
      onError: fail,
    })
    runners.push(lanes)
    return { partition, from, lanes, isThrough: from >= (ends.get(partition) ?? Number.POSITIVE_INFINITY) }
  })

  const stop = (): void => {
    reader.stop()
    for (const { lanes } of open) lanes.stop()
  }
  const check = (): void => {
    if (request.until !== 'now' || !open.every(({ lanes, isThrough }) => isThrough && lanes.isIdle)) return
    // Its last handler has settled; whoever waits for the end hears of it after that.
    queueMicrotask(() => {
      stop()
      tellEnd(undefined)
    })
  }
  const reader = readFrom(host, cluster, topic, starts, {
    record(record) {
      const one = open.find(({ partition }) => partition === record.partition)
      if (one === undefined || one.isThrough) return undefined
      const { offset } = record
      const end = ends.get(record.partition) ?? Number.POSITIVE_INFINITY
      if (offset >= end) {
        one.isThrough = true
        check()
        return undefined
      }
      const message = messageOf(channel, record)
      if (matches(message.address)) one.lanes.offer({ message, offset })
      else one.lanes.pass(offset)
      if (offset + 1 >= end) one.isThrough = true
      check()
      return one.lanes.roomy()
    },
    gap: (_partition, from, to) => request.onGap({ count: to - from + 1, from, to }),
    caughtUp(partition, next) {
      const one = open.find((other) => other.partition === partition)
      if (one !== undefined && next >= (ends.get(partition) ?? Number.POSITIVE_INFINITY)) one.isThrough = true
      check()
    },
    failed: fail,
  })
  check()

  let closing: Promise<void> | undefined
  return {
    consumer: {
      ended,
      close() {
        closing ??= (async () => {
          stop()
          await pump.idle()
          tellEnd(undefined)
        })()
        return closing
      },
    },
    async abandon() {
      stop()
      pump.loseAll()
      tellEnd('CLOSED')
    },
  }
}
