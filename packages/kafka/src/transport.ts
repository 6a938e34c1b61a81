/** One open link to Kafka. */

import { provision, type Resource } from '@busbar/adapter'
import {
  BusError,
  type Channel,
  type Closed,
  type Consumer,
  type Host,
  type Receipt,
  type Transport,
} from 'busbar/transport'
import { capabilitiesWith } from './capabilities.js'
import { manageLetters } from './dead-letters.js'
import { batchBytesOf, type KafkaLink } from './link.js'
import { namesWith } from './names.js'
import type { Settings } from './options.js'
import { consumeOrdered } from './ordered/ordered-consumer.js'
import { readStream } from './ordered/stream-reader.js'
import { consumePlain } from './plain/plain-consumer.js'
import { groupResources, headerBytes, resourcesOf } from './plan.js'
import { payloadOf } from './records.js'
import { createRegistry } from './registry.js'
import { createRetention } from './retention.js'
import { dueHeader } from './settle.js'
import { type ConsumerHandle, consumeShared } from './share/shared-consumer.js'
import { beginGroup } from './share/start-of-group.js'
import { createProvisioner } from './wire/admin.js'
import { patiently, pauseOn } from './wire/backoff.js'
import { connectCluster } from './wire/cluster.js'
import { asBusError } from './wire/failure.js'
import { createProducer } from './wire/producer.js'

const keepAliveMs = 60_000
const requestTimeoutMs = 30_000
/** How long a link that gives up may take to say so. */
const farewellMs = 500
/** How long a topic that was just made may have no leader. */
const declareMs = 10_000
const name = 'kafka'

export async function openKafka(host: Host, settings: Settings): Promise<Transport> {
  const cluster = await connectCluster(host, {
    bootstrap: settings.bootstrap,
    keepAliveMs,
    connection: {
      connectTimeout: settings.connectTimeoutMs,
      requestTimeout: requestTimeoutMs,
      ...(settings.tls !== undefined && { tls: settings.tls, tlsServerName: true }),
      ...(settings.sasl !== undefined && { sasl: settings.sasl }),
    },
  })
  const names = namesWith(settings.prefix)
  const producer = createProducer(host, cluster, {
    maxBatchBytes: settings.maxMessageBytes + headerBytes - 1_024,
    maxWaitingBytes: settings.maxWaitingBytes,
  })
  const provisioner = createProvisioner(host, cluster)
  const registry = createRegistry(host, cluster, producer, settings, provisioner)
  const capabilities = capabilitiesWith(settings.maxMessageBytes)
  const retention = createRetention(cluster, names)
  const declared = new Map<string, Promise<void>>()
  const groups = new Map<string, Promise<void>>()
  const open = new Set<ConsumerHandle>()
  let isClosed = false

  const check = (signal: AbortSignal): void => {
    if (isClosed) throw new BusError('CLOSED', 'The link to Kafka was closed.', { outcome: 'rejected' })
    if (signal.aborted) throw new BusError('CANCELLED', 'The caller gave up.', { outcome: 'rejected' })
  }
  const unsupported = (what: string): BusError =>
    new BusError('UNSUPPORTED', `Kafka has no ${what}.`, { outcome: 'rejected' })

  const make = (channel: Channel, resources: readonly Resource[]): Promise<void> =>
    provision(channel, resources, settings.provision, provisioner)

  /** Once for each name; what failed is tried again at the next call. */
  function once(
    known: Map<string, Promise<void>>,
    key: string,
    topic: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const running = known.get(key)
    if (running !== undefined) return running
    const fresh = patiently(host, cluster.signal, declareMs, work).catch((error: unknown) => {
      known.delete(key)
      throw asBusError(error, `Declaring ${topic}`, 'rejected')
    })
    known.set(key, fresh)
    return fresh
  }

  async function declare(channel: Channel): Promise<void> {
    await registry.check(channel)
    await make(channel, resourcesOf(channel, settings, names))
    await registry.enter(channel)
    if (channel.kind !== 'event' || !channel.guarantees.tracked || channel.guarantees.ordered) return
    for (const group of settings.groups[channel.name] ?? []) await begin(channel, group)
  }

  async function begin({ name: topic, kind }: Channel, group: string | undefined): Promise<void> {
    if (settings.provision !== 'create') return
    const own = names.group(topic, group)
    const at = kind === 'queue' ? 'start' : 'end'
    await beginGroup(host, cluster, own, names.topic(topic), { at })
    if (group !== undefined) {
      await beginGroup(host, cluster, own, names.again(topic, group), { at: 'start' })
    }
    const movers = names.movers(topic, group)
    await beginGroup(host, cluster, movers, names.later(topic, group), { at: 'start' })
  }

  const link: KafkaLink = {
    host,
    cluster,
    producer,
    names,
    settings,
    prepareGroup: (channel, group) =>
      once(groups, `${channel.name} ${group ?? ''}`, channel.name, async () => {
        if (channel.guarantees.ordered) return
        if (group !== undefined) await make(channel, groupResources(channel, group, settings, names))
        await begin(channel, group)
      }),
  }

  const consumeAs: Transport['consume'] = async (request, deliver, signal) => {
    check(signal)
    const { channel, group } = request
    const { tracked, ordered } = channel.guarantees
    const isAlone = group === undefined && channel.kind !== 'queue'
    const start = async (): Promise<ConsumerHandle> => {
      if (channel.kind === 'event' && !tracked) return consumePlain(link, request, deliver)
      if (isAlone) return readStream(link, request, deliver)
      if (channel.kind === 'stream' || ordered) return consumeOrdered(link, request, deliver)
      await link.prepareGroup(channel, group)
      return consumeShared(link, request, deliver)
    }
    const handle = await start().catch((error: unknown) => {
      throw asBusError(error, `Consuming ${channel.name}`)
    })
    if (isClosed || signal.aborted) {
      void handle.abandon()
      check(signal)
    }
    open.add(handle)
    void handle.consumer.ended.then(() => open.delete(handle))
    return handle.consumer
  }

  return {
    name,
    capabilities,
    async declare(channel, signal) {
      check(signal)
      if (channel.kind === 'request' || channel.kind === 'pair') throw unsupported(`${channel.kind}s`)
      const { kind, guarantees, fingerprint } = channel
      const key = `${channel.name} ${kind} ${guarantees.durable} ${fingerprint}`
      await once(declared, key, channel.name, () => declare(channel))
    },
    async publish({ channel, message, delayMs = 0 }, signal): Promise<Receipt> {
      check(signal)
      const { body } = message
      // The size may be an upper bound.
      if (body.size > settings.maxMessageBytes && body.bytes().byteLength > settings.maxMessageBytes) {
        throw new BusError('TOO_LARGE', `A payload takes at most ${settings.maxMessageBytes} bytes here.`, {
          outcome: 'rejected',
        })
      }
      const isLater = delayMs > 0
      const extra = isLater ? { [dueHeader]: String(host.clock.now() + delayMs) } : undefined
      const topic = isLater ? names.later(channel.name, undefined) : names.topic(channel.name)
      const { offset } = await producer.send(topic, payloadOf(channel, message, extra), {
        signal,
        batchBytes: batchBytesOf(channel),
      })
      if (channel.kind === 'stream') await retention.recorded(channel, offset, message.body.size)
      const level = channel.guarantees.durable ? 'durable' : 'accepted'
      return { id: message.id, level, ...(channel.kind === 'stream' && offset >= 0 && { offset }) }
    },
    consume: consumeAs,
    open(_request, peer) {
      const reason: Closed = isClosed ? { code: 'CLOSED' } : { code: 'UNSUPPORTED' }
      queueMicrotask(() => peer.closed(reason))
      return { send: () => Promise.reject(unsupported('exchanges')), close() {} }
    },
    accept: (): Promise<Consumer> => Promise.reject(unsupported('requests and pairs')),
    async manage(channel, command, signal) {
      check(signal)
      if (command.op === 'inspect' || command.op === 'purge') throw unsupported('counts of its own')
      const answer = await manageLetters(link, channel, command).catch((error: unknown) => {
        throw asBusError(error, `Managing dead letters of ${channel.name}`)
      })
      // The answer is the one of this very command.
      return answer as never
    },
    async close(signal) {
      isClosed = true
      const drained = (async () => {
        await Promise.allSettled([...open].map(({ consumer }) => consumer.close()))
        await producer.flush()
      })()
      const aborted = new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        else signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([drained, aborted])
      const told = Promise.allSettled([...open].map((handle) => handle.abandon()))
      await Promise.race([told, pauseOn(host)(farewellMs, cluster.signal)])
      producer.close()
      await cluster.close()
    },
  }
}
