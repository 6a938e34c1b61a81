/** The transport seam over the parts. */

import { provision } from '@busbar/adapter'
import {
  type Answer,
  BusError,
  type Capabilities,
  type Channel,
  type Command,
  type ConsumeRequest,
  type Consumer,
  createIds,
  type Deliver,
  type Exchange,
  type Host,
  matcher,
  type PublishRequest,
  type Receipt,
  type Transport,
} from 'busbar/transport'
import { capabilitiesFor } from './capabilities.js'
import type { Context } from './context.js'
import { type Courier, createCourier, queueGone } from './courier.js'
import { createDelays } from './delays.js'
import { writeEnvelope } from './envelope.js'
import { awayError, cancelled, closedError, toBusError } from './errors.js'
import { createRabbitExchanges, type RabbitExchanges } from './lanes.js'
import { createLetters, type Letters } from './letters.js'
import type { Link } from './link.js'
import { createNames, isWhole } from './names.js'
import type { Settings } from './options.js'
import { consumePlain, type Ending } from './plain.js'
import { delayResource, queueArguments, resourcesOf } from './plan.js'
import { createProvisioner } from './provisioner.js'
import { Publisher } from './publisher.js'
import { Recent } from './recent.js'
import { createStreams, type Streams } from './streams/streams.js'
import { type Source, Worker } from './worker.js'

const lingerMs = 200

export async function createTransport(host: Host, settings: Settings, link: Link): Promise<Transport> {
  const makeToken = (): string => {
    const part = (): string => Math.floor(host.random() * 2 ** 32).toString(36)
    return part() + part()
  }
  const names = createNames(settings.prefix)
  const publisher = new Publisher(link.outward, settings, makeToken())
  const now = () => host.clock.now()
  const delays = createDelays(link.inward, names, publisher, now, queueGone)
  const recents = new Map<string, Recent>()
  const context: Context = {
    ...{ host, settings, names, link, publisher, delays, makeToken },
    makeId: createIds(host.clock, host.random),
    recentOf(queue) {
      const recent = recents.get(queue) ?? new Recent()
      recents.set(queue, recent)
      return recent
    },
  }
  await publisher.start()
  return new RabbitTransport(context)
}

class RabbitTransport implements Transport {
  readonly name = 'rabbitmq'
  readonly capabilities: Capabilities
  private readonly courier: Courier
  private readonly letters: Letters
  private readonly streams: Streams
  private readonly exchanges: RabbitExchanges
  private readonly declared = new Map<string, Channel>()
  private readonly consumers = new Set<Ending>()
  private closing: Promise<void> | undefined

  constructor(private readonly context: Context) {
    this.capabilities = capabilitiesFor(context.settings.maxMessageBytes)
    this.courier = createCourier(context)
    this.letters = createLetters(context, this.courier)
    this.streams = createStreams(context, this.courier)
    context.link.onRestore(() => this.restore())
    this.exchanges = createRabbitExchanges(context)
  }

  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    this.check(signal, 'A declaration')
    await this.provide(channel)
    this.declared.set(channel.name, channel)
  }

  publish(request: PublishRequest, signal: AbortSignal): Promise<Receipt> {
    const { channel, message } = request
    const { maxMessageBytes } = this.capabilities.limits
    let sent: Promise<unknown>
    try {
      this.check(signal, 'A publish')
      if (message.body.size > maxMessageBytes && message.body.bytes().byteLength > maxMessageBytes) {
        const text = `A payload of ${message.body.size} bytes is above maxMessageBytes of rabbitmq(), ${maxMessageBytes}.`
        throw new BusError('TOO_LARGE', text, { outcome: 'rejected' })
      }
      sent = this.send(request, signal)
    } catch (error) {
      return Promise.reject(error)
    }
    const level = channel.guarantees.durable ? 'durable' : 'accepted'
    return sent.then(() => ({ id: message.id, level }))
  }

  async consume(request: ConsumeRequest, deliver: Deliver, signal: AbortSignal): Promise<Consumer> {
    this.check(signal, 'A subscription')
    const consumer = await this.startConsumer(request, deliver).catch((error: unknown) => {
      throw toBusError(error, `Consuming from "${request.channel.name}"`)
    })
    if (!signal.aborted && this.closing === undefined) return consumer
    consumer.abandon()
    this.check(signal, 'A subscription')
    return consumer
  }

  open(...args: Parameters<Transport['open']>): Exchange {
    const [, peer] = args
    if (this.closing === undefined) return this.exchanges.open(...args)
    queueMicrotask(() => peer.closed({ code: 'CLOSED', message: 'The RabbitMQ transport was closed.' }))
    return { send: () => Promise.reject(closedError()), close() {} }
  }

  async accept(...args: Parameters<Transport['accept']>): Promise<Consumer> {
    this.check(args[2], 'Accepting')
    return this.exchanges.accept(...args)
  }

  async manage<C extends Command>(channel: Channel, command: C, signal: AbortSignal): Promise<Answer<C>> {
    this.check(signal, 'A command')
    try {
      return await this.letters.carryOut(channel, command, signal)
    } catch (error) {
      throw toBusError(error, `${command.op} of "${channel.name}"`)
    }
  }

  close(signal: AbortSignal): Promise<void> {
    this.closing ??= this.shut(signal)
    return this.closing
  }

  private check(signal: AbortSignal, what: string): void {
    if (this.closing !== undefined) throw closedError()
    if (signal.aborted) throw cancelled(what)
  }

  private async provide(channel: Channel): Promise<void> {
    const { link, names, settings } = this.context
    const { provision: mode, groups } = settings
    const provisioner = createProvisioner(link.inward, mode !== 'create')
    const resources = resourcesOf(channel, names, groups)
    const all = resources.some(({ type }) => type === 'queue')
      ? [delayResource(names), ...resources]
      : resources
    await provision(channel, all, mode, provisioner).catch((error: unknown) => {
      throw toBusError(error, `Declaring "${channel.name}"`, 'rejected')
    })
  }

  /** What does not outlive the broker is made again. */
  private async restore(): Promise<void> {
    if (this.context.settings.provision !== 'create') return
    for (const channel of this.declared.values()) {
      if (channel.guarantees.tracked && !channel.guarantees.durable) {
        await this.provide(channel).catch(() => undefined)
      }
    }
  }

  private send(
    { channel, message, delayMs, priority }: PublishRequest,
    signal: AbortSignal,
  ): Promise<unknown> {
    const { names, publisher, host } = this.context
    const { kind, guarantees } = channel
    if (kind === 'queue') {
      const { ttlMs } = guarantees
      const expiresAt = ttlMs === undefined ? undefined : host.clock.now() + (delayMs ?? 0) + ttlMs
      const stamp = { priority, expiresAt, signal, delayMs }
      return this.courier.put(channel, names.channel(channel), message, stamp)
    }
    if (kind === 'stream') return this.streams.append(channel, message, signal)
    const route = {
      exchange: names.channel(channel),
      routingKey: names.routingKey(channel, message.address),
      durable: guarantees.tracked,
      mandatory: false,
    }
    return publisher.post({
      envelope: writeEnvelope(channel, message, route),
      body: message.body.bytes(),
      mayRepeat: guarantees.tracked,
      signal,
    })
  }

  private async startConsumer(request: ConsumeRequest, deliver: Deliver): Promise<Ending> {
    const { channel } = request
    if (channel.kind === 'stream') {
      const reader = await this.streams.consume(request, deliver)
      this.consumers.add(reader)
      void reader.ended.then(() => this.consumers.delete(reader))
      return reader
    }
    const onEnd = (consumer: Ending): void => void this.consumers.delete(consumer)
    if (channel.kind === 'event' && !channel.guarantees.tracked) {
      const plain = await consumePlain(this.context, request, deliver, onEnd)
      this.consumers.add(plain)
      return plain
    }
    const worker = new Worker(this.context, this.sourceOf(request), request, this.courier, deliver, onEnd)
    await worker.start()
    this.consumers.add(worker)
    return worker
  }

  private sourceOf({ channel, group, pattern }: ConsumeRequest): Source {
    const { names, settings, makeToken } = this.context
    const matches = isWhole(channel, pattern) ? () => true : matcher(pattern)
    if (channel.kind === 'queue') {
      return { channel, group: undefined, queue: names.channel(channel), matches, ensure: async () => {} }
    }
    const isOwn = group === undefined
    const queue = isOwn ? names.private(channel, makeToken()) : names.group(channel, group, pattern)
    return {
      ...{ channel, group, queue, matches },
      async ensure(amqp) {
        if (!isOwn && settings.provision !== 'create') return
        await amqp.queueDeclare(
          isOwn
            ? { queue, exclusive: true, autoDelete: true, arguments: { 'x-queue-type': 'classic' } }
            : { queue, durable: true, arguments: { ...queueArguments(channel) } },
        )
        const routingKey = names.bindingKey(channel, pattern)
        await amqp.queueBind({ queue, exchange: names.channel(channel), routingKey })
      },
    }
  }

  private async shut(signal: AbortSignal): Promise<void> {
    const { link, publisher, host } = this.context
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const drain = async (): Promise<void> => {
      await this.exchanges.close(signal)
      await Promise.allSettled([...this.consumers].map((consumer) => consumer.close()))
      await publisher.drained()
      await this.exchanges.leave()
      await link.close()
    }
    const drained = drain().catch(() => undefined)
    await Promise.race([drained, aborted])
    for (const consumer of [...this.consumers]) consumer.abandon()
    if (signal.aborted) {
      // The other sides of exchanges have been told; what is written is worth a moment, no more.
      const leaving = Promise.all([publisher.drained(), this.exchanges.leave()]).catch(() => undefined)
      await Promise.race([leaving, new Promise<void>((resolve) => host.clock.after(lingerMs, resolve))])
    }
    publisher.fail(awayError('when the transport was closed', 'unknown'))
    link.destroy()
  }
}
