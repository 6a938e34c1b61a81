/** Subscribers of plain events: without a group they read from the end on, in a group they share. */

import { createPlainConsumer, type PlainConsumer } from '@busbar/adapter'
import {
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  matcher,
} from 'busbar/transport'
import type { KafkaLink } from '../link.js'
import { type Fetched, messageOf } from '../records.js'
import { readShared } from '../share/share-reader.js'
import type { ConsumerHandle } from '../share/shared-consumer.js'
import { beginGroup } from '../share/start-of-group.js'
import { patiently } from '../wire/backoff.js'
import { endOf } from '../wire/offsets.js'
import { readFrom } from '../wire/reader.js'

/** Acquired at a time by a member of a group; what does not fit its buffer is dropped there. */
const batch = 500
const limitMs = 10_000

export async function consumePlain(
  link: KafkaLink,
  request: ConsumeRequest,
  deliver: Deliver,
): Promise<ConsumerHandle> {
  const plain = await createPlainConsumer(link.host, request, deliver)
  const matches = matcher(request.pattern)
  const offer = (record: Fetched): void => {
    const message = messageOf(request.channel, record)
    if (matches(message.address)) void plain.offer(message)
  }
  const source =
    request.group === undefined
      ? await alone(link, request, offer)
      : await together(link, request, request.group, offer)
  return handleOf(plain, source)
}

interface Source {
  stop(): Promise<void>
  abandon(): Promise<void>
}

async function alone(
  { host, cluster, names }: KafkaLink,
  request: ConsumeRequest,
  offer: (record: Fetched) => void,
): Promise<Source> {
  const topic = names.topic(request.channel.name)
  const ends = await patiently(host, cluster.signal, limitMs, async () => {
    const { leaders } = await cluster.topic(topic)
    return Promise.all(leaders.map((_, partition) => endOf(cluster, topic, partition)))
  })
  const reader = readFrom(host, cluster, topic, new Map(ends.entries()), {
    record(record) {
      offer(record)
      return undefined
    },
    gap: (_partition, from, to) => request.onGap({ count: to - from + 1 }),
    caughtUp() {},
    failed() {},
  })
  return { stop: async () => reader.stop(), abandon: async () => reader.stop() }
}

async function together(
  { host, cluster, names }: KafkaLink,
  { channel }: ConsumeRequest,
  group: string,
  offer: (record: Fetched) => void,
): Promise<Source> {
  const topic = names.topic(channel.name)
  const name = names.group(channel.name, group)
  // Nothing is kept for a group of plain events that nobody is in.
  await beginGroup(host, cluster, name, topic, { at: 'end', anew: true })
  let isOpen = true
  const reader = await readShared(host, cluster, {
    group: name,
    topics: [topic],
    room: () => (isOpen ? batch : 0),
    acquired(one) {
      one.accept()
      offer(one.record)
    },
    lost() {},
    failed() {},
  })
  return {
    stop() {
      isOpen = false
      return reader.stop()
    },
    abandon: () => reader.abandon(),
  }
}

function handleOf(plain: PlainConsumer, source: Source): ConsumerHandle {
  let tellEnd: (why: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    tellEnd = resolve
  })
  void plain.consumer.ended.then((why) => {
    void source.abandon()
    tellEnd(why)
  })
  let closing: Promise<void> | undefined
  const consumer: Consumer = {
    ended,
    close() {
      closing ??= Promise.all([plain.consumer.close(), source.stop()]).then(() => tellEnd(undefined))
      return closing
    },
  }
  return {
    consumer,
    abandon() {
      plain.abandon()
      tellEnd('CLOSED')
      return source.abandon()
    },
  }
}
