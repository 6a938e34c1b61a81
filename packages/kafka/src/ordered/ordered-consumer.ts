/** Members of groups that read in order: ordered queues, ordered events and streams, by consumer groups. */

import { createPump, createRecordLanes, type LogRecord } from '@busbar/adapter'
import {
  BusError,
  type BusErrorCode,
  type ConsumeRequest,
  type Deliver,
  type Failure,
  matcher,
} from 'busbar/transport'
import type { KafkaLink } from '../link.js'
import { type Fetched, messageOf, windowRecords } from '../records.js'
import { bury, carryOut, type Tried } from '../settle.js'
import { startMover } from '../share/mover.js'
import type { ConsumerHandle } from '../share/shared-consumer.js'
import { asBusError } from '../wire/failure.js'
import { readFrom } from '../wire/reader.js'
import { createCommitter } from './committer.js'
import { type GroupMember, joinConsumerGroup } from './consumer-group.js'
import { startsOf } from './starts.js'
import { createTries } from './tries.js'

interface Ordered extends LogRecord {
  readonly record: Fetched
}

interface Assignment {
  run(): void
  stop(): void
  lose(): void
  flush(): Promise<void>
}

export async function consumeOrdered(
  link: KafkaLink,
  request: ConsumeRequest,
  deliver: Deliver,
): Promise<ConsumerHandle> {
  const { host, cluster, names } = link
  const { channel, group, concurrency } = request
  const topic = names.topic(channel.name)
  const matches = matcher(request.pattern)
  const assignments = new Map<number, Promise<Assignment>>()
  let tellEnd: (why: BusErrorCode | undefined) => void = () => {}
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    tellEnd = resolve
  })
  const fail = (error: unknown): void => tellEnd(asBusError(error, 'Consuming').code)
  const each = (act: (one: Assignment) => void): void => {
    for (const one of assignments.values()) one.then(act, () => {})
  }
  const pump = createPump({ concurrency, deliver, onError: fail, onRoom: () => each((one) => one.run()) })
  const starts = await startsOf(link, topic, request)
  const isTracked = channel.kind !== 'stream'

  async function begin(member: GroupMember, partition: number): Promise<Assignment> {
    const { offset, metadata } = await member.committed(partition)
    const from = offset >= 0 ? offset : (starts.get(partition) ?? 0)
    const ending = new AbortController()
    const tries = createTries(metadata)
    const committer = createCommitter(
      host,
      member,
      partition,
      () => ({ offset: lanes.watermark, metadata: tries.metadata }),
      AbortSignal.any([ending.signal, cluster.signal]),
    )
    const triedOf = ({ record, message }: Ordered, attempt: number, firstFailure?: Failure): Tried => ({
      ...{ channel, group, message, record, attempt, acquired: attempt, firstFailure },
    })
    const lanes = createRecordLanes<Ordered>({
      ...{ clock: host.clock, pump, isKeyed: channel.guarantees.ordered, from, windowRecords },
      before({ record, attempt }) {
        if (isTracked && attempt > channel.guarantees.retry.attempts) {
          return bury(link, triedOf(record, attempt - 1), 'attempts', attempt - 1, {
            code: 'LEASE_LOST',
            message: 'Every worker that had it went away.',
          })
        }
        tries.set(record.offset, attempt)
        committer.changed()
        return undefined
      },
      settle: ({ record, attempt, firstFailure }, outcome) =>
        carryOut(link, triedOf(record, attempt, firstFailure), outcome),
      onSettled(offset) {
        tries.forget(offset)
        committer.changed()
      },
      onError: fail,
    })
    committer.changed()
    const reader = readFrom(host, cluster, topic, new Map([[partition, from]]), {
      record(record) {
        const { offset } = record
        const message = messageOf(channel, record)
        if (matches(message.address)) lanes.offer({ message, offset, record }, tries.of(offset) + 1)
        else lanes.pass(offset)
        return lanes.roomy()
      },
      gap: (_partition, first, last) => request.onGap({ count: last - first + 1, from: first, to: last }),
      caughtUp() {},
      failed: fail,
    })
    return {
      run: lanes.run,
      stop() {
        reader.stop()
        lanes.stop()
      },
      lose() {
        ending.abort()
        reader.stop()
        lanes.abandon()
      },
      flush: committer.flush,
    }
  }

  const drop = (keep: readonly number[]): void => {
    for (const [partition, one] of assignments) {
      if (keep.includes(partition)) continue
      assignments.delete(partition)
      one.then(
        (assignment) => assignment.lose(),
        () => {},
      )
    }
  }
  const member = await joinConsumerGroup(host, cluster, {
    group: names.group(channel.name, group),
    topic,
    assigned(partitions, self) {
      drop(partitions)
      for (const partition of partitions) {
        if (assignments.has(partition)) continue
        const fresh = begin(self, partition)
        fresh.catch(fail)
        assignments.set(partition, fresh)
      }
    },
    expelled: () => drop([]),
  })
  const mover = channel.kind === 'queue' ? await startMover(link, channel, group, fail) : undefined

  const close = async (): Promise<void> => {
    const moved = mover?.stop()
    each((one) => one.stop())
    await pump.idle()
    const flushes = [...assignments.values()].map(async (one) => (await one).flush())
    const results = await Promise.allSettled(flushes)
    await Promise.all([member.leave(), moved])
    tellEnd(undefined)
    const failure = results.find((result) => result.status === 'rejected')
    if (failure === undefined) return
    throw new BusError('DISCONNECTED', 'What was settled last could not be committed.', {
      outcome: 'unknown',
      cause: failure.reason,
    })
  }
  let closing: Promise<void> | undefined
  return {
    consumer: {
      ended,
      close() {
        closing ??= close()
        return closing
      },
    },
    async abandon() {
      drop([])
      pump.loseAll()
      const told = [mover?.abandon(), member.leave()]
      tellEnd('CLOSED')
      await Promise.all(told)
    },
  }
}
