/** Sends records: what waits leaves together, each partition in order, and a resend after a cut leaves no copy. */

import { type Connection, initProducerIdV5, murmur2 } from '@platformatic/kafka'
import { BusError, createSignalWatch, createUntilAborted, type Host } from 'busbar/transport'
import { createBackoff, patiently } from './backoff.js'
import { Lane, type Placed } from './batch.js'
import type { Cluster, TopicInfo } from './cluster.js'
import { asBusError, codes, isPassing, Refused } from './failure.js'
import { type Produced, produce } from './produce.js'
import { type Payload, sizeOf } from './record-writer.js'

export interface ProducerLimits {
  /** Largest batch, and so the largest record, in bytes. */
  readonly maxBatchBytes: number
  /** What may wait for its receipt in bytes, over all topics. */
  readonly maxWaitingBytes: number
}

export interface SendOptions {
  readonly signal?: AbortSignal
  /** The first send to a topic says how large a batch of several records may be; default as large as may be. */
  readonly batchBytes?: number | undefined
}

export interface Producer {
  /**
   * Resolves when all replicas in sync have the record. Waits while the link is down. QUEUE_FULL and TOO_LARGE at once;
   * CANCELLED when the signal is aborted before the record left.
   */
  send(topic: string, payload: Payload, options?: SendOptions): Promise<Placed>
  /** Resolves when nothing waits any more. */
  flush(): Promise<void>
  close(): void
}

const produceTimeoutMs = 20_000
/** How long a topic may be unknown that was just made. */
const metadataMs = 5_000

/** As Kafka's own clients place keys, so that theirs and ours meet in one partition. */
export function partitionOf(key: Buffer, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

export function createProducer(host: Host, cluster: Cluster, limits: ProducerLimits): Producer {
  /** By topic and partition. */
  const lanes = new Map<string, Map<number, Lane>>()
  const idle: (() => void)[] = []
  let waitingBytes = 0
  let waitingRecords = 0
  /** Records that wait to learn where their topic is; later ones must not pass them. */
  let searching = 0
  let turn = 0
  let isRunning = false
  let producer: { id: bigint; epoch: number } | undefined
  const connections = new Map<number, Promise<Connection>>()
  // Most publishes share the signal of their bus, which warns of a leak at the eleventh listener.
  const untilAborted = createUntilAborted()
  const watch = createSignalWatch((signal) => {
    for (const lane of all()) lane.cancel(signal, givenUp)
  })

  const rejected = (code: 'QUEUE_FULL' | 'TOO_LARGE' | 'CLOSED', text: string): BusError =>
    new BusError(code, text, { outcome: 'rejected' })

  const givenUp = (isSent: boolean): BusError =>
    new BusError('CANCELLED', 'The caller gave up.', { outcome: isSent ? 'unknown' : 'rejected' })

  const all = (): Lane[] => [...lanes.values()].flatMap((own) => [...own.values()])

  function laneOf(topic: string, partition: number, batchBytes = limits.maxBatchBytes): Lane {
    const own = lanes.get(topic) ?? new Map<number, Lane>()
    const known = own.get(partition)
    if (known !== undefined) return known
    const lane = new Lane(topic, partition, Math.min(batchBytes, limits.maxBatchBytes), release)
    lanes.set(topic, own.set(partition, lane))
    return lane
  }

  function place({ leaders }: TopicInfo, key: Buffer | undefined): number {
    if (leaders.length <= 1) return 0
    if (key !== undefined) return partitionOf(key, leaders.length)
    turn = (turn + 1) % leaders.length
    return turn
  }

  async function find(topic: string): Promise<TopicInfo> {
    try {
      const info = await patiently(host, cluster.signal, metadataMs, () => cluster.topic(topic))
      if (cluster.signal.aborted) throw rejected('CLOSED', 'The link to Kafka was closed.')
      return info
    } catch (error) {
      throw asBusError(error, `Publishing to ${topic}`, 'rejected')
    }
  }

  async function search(topic: string, signal: AbortSignal | undefined): Promise<TopicInfo> {
    searching += 1
    try {
      const found = find(topic)
      return await (signal === undefined ? found : untilAborted(found, signal, () => givenUp(false)))
    } finally {
      searching -= 1
    }
  }

  function release(bytes: number): void {
    waitingBytes -= bytes
    waitingRecords -= 1
    if (waitingRecords === 0) for (const go of idle.splice(0)) go()
  }

  function enqueue(lane: Lane, payload: Payload, bytes: number, signal: AbortSignal | undefined) {
    if (signal !== undefined) watch(signal)
    return new Promise<Placed>((resolve, reject) => {
      lane.push({ payload, bytes, signal, resolve, reject })
      if (!isRunning) void run()
    })
  }

  /** A whole turn of the event loop, so that what is published in one turn leaves in one request. */
  const gather = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

  async function run(): Promise<void> {
    isRunning = true
    const backoff = createBackoff(host, cluster.signal)
    await gather()
    for (;;) {
      const ready = all().filter((lane) => !lane.isEmpty)
      if (ready.length === 0 || cluster.signal.aborted) break
      try {
        if (await sendAll(ready)) backoff.reset()
        else await backoff.wait()
      } catch (error) {
        if (!isPassing(error) && !cluster.signal.aborted) {
          for (const lane of ready) lane.refuse(asBusError(error, 'Publishing', 'unknown'))
        }
        await backoff.wait()
      }
    }
    isRunning = false
  }

  /** Gives false when some batch has to be sent again. */
  async function sendAll(ready: readonly Lane[]): Promise<boolean> {
    producer ??= await newProducer()
    const { id: producerId, epoch: producerEpoch } = producer
    const byLeader = new Map<number, Lane[]>()
    for (const lane of ready) {
      const leader = (await cluster.topic(lane.topic)).leaders[lane.partition] ?? -1
      const known = byLeader.get(leader)
      if (known === undefined) byLeader.set(leader, [lane])
      else known.push(lane)
    }
    const sendings = [...byLeader].map(async ([leader, own]) => {
      const time = host.clock.now()
      const batches = own.map((lane) => ({
        topic: lane.topic,
        partition: lane.partition,
        records: lane.bytes({ time, producerId, producerEpoch }),
      }))
      return settle(own, await produce.async(await connectionTo(leader), batches, produceTimeoutMs))
    })
    return (await Promise.all(sendings)).every(Boolean)
  }

  /** Long publishes must not hold up short requests, so they have connections of their own. */
  function connectionTo(leader: number): Promise<Connection> {
    const known = connections.get(leader)
    if (known !== undefined) return known
    const fresh = cluster.dial(leader)
    connections.set(leader, fresh)
    const gone = (): void => void connections.delete(leader)
    fresh.then((open) => open.once('close', gone), gone)
    return fresh
  }

  async function newProducer(): Promise<{ id: bigint; epoch: number }> {
    const { producerId, producerEpoch } = await initProducerIdV5.api.async(
      await cluster.control(),
      null,
      0,
      -1n,
      -1,
    )
    for (const lane of all()) lane.restart()
    return { id: producerId, epoch: producerEpoch }
  }

  function settle(own: readonly Lane[], answer: readonly Produced[]): boolean {
    return own
      .map((lane) => {
        const result = answer.find((one) => one.topic === lane.topic && one.partition === lane.partition)
        return result === undefined ? false : settleLane(lane, result.error, result.offset)
      })
      .every(Boolean)
  }

  function settleLane(lane: Lane, code: number, baseOffset: number): boolean {
    if (code === 0 || code === codes.duplicateSequence) {
      lane.done(code === 0 ? baseOffset : -1)
      return true
    }
    if ((code === codes.tooLarge || code === codes.batchTooLarge) && lane.split()) return true
    if (code === codes.unknownProducer || code === codes.outOfOrder) {
      // The broker has forgotten this producer: with a new id nothing of before can be told apart.
      producer = undefined
      return false
    }
    const error = new Refused(code, 'The batch')
    if (isPassing(error)) {
      cluster.forget(lane.topic)
      return false
    }
    lane.refuse(asBusError(error, `Publishing to ${lane.topic}`, 'rejected'))
    return true
  }

  return {
    async send(topic, payload, { signal, batchBytes } = {}) {
      const bytes = sizeOf(payload)
      if (bytes > limits.maxBatchBytes) {
        throw rejected('TOO_LARGE', `A record takes at most ${limits.maxBatchBytes} bytes, not ${bytes}.`)
      }
      if (waitingBytes + bytes > limits.maxWaitingBytes) {
        throw rejected('QUEUE_FULL', `${limits.maxWaitingBytes} bytes wait for their receipts already.`)
      }
      waitingBytes += bytes
      waitingRecords += 1
      let info = searching === 0 ? cluster.known(topic) : undefined
      try {
        info ??= await search(topic, signal)
      } catch (error) {
        release(bytes)
        throw error
      }
      const partition = place(info, payload.key)
      return enqueue(laneOf(topic, partition, batchBytes), payload, bytes, signal)
    },
    async flush() {
      while (waitingRecords > 0) await new Promise<void>((resolve) => idle.push(resolve))
    },
    close() {
      for (const lane of all()) {
        lane.abandon(
          (isSent) =>
            new BusError('CLOSED', 'The link to Kafka was closed before the receipt.', {
              outcome: isSent ? 'unknown' : 'rejected',
            }),
        )
      }
      for (const connection of connections.values()) {
        connection.then(
          (open) => void open.close(),
          () => {},
        )
      }
    },
  }
}
