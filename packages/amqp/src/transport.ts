/** The seam on AMQP: each method finds the part that does it. */

import {
  type Accept,
  type AcceptRequest,
  type Answer,
  BusError,
  type Capabilities,
  type Channel,
  type Command,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  type Exchange,
  type Host,
  type OpenRequest,
  type Peer,
  type PublishRequest,
  type Receipt,
  type Transport,
} from 'busbar/transport'
import { type DeadLetterOffice, nowhere } from './dead-letter-office.js'
import { cancelled, closed } from './errors.js'
import type { AmqpExchanges } from './lanes.js'
import type { Line, Tenant } from './line.js'
import { toAmqp } from './messages.js'
import { addressOf, groupQueueOf, qualified } from './names.js'
import type { Settings } from './options.js'
import type { Publishers } from './publishers.js'
import { createSettling } from './settling.js'
import { openSubscriber, type Subscriber } from './subscriber.js'
import type { Topology } from './topology.js'
import { Worker } from './worker.js'

type Letters = Answer<Extract<Command, { op: 'dead.list' }>>
type Count = Answer<Extract<Command, { op: 'purge' }>>

/** What a goodbye may take that nobody waits for, in ms. */
const goodbyeMs = 500

export interface Parts {
  readonly host: Host
  readonly line: Line
  readonly settings: Settings
  readonly topology: Topology
  readonly publishers: Publishers
  readonly office: DeadLetterOffice
  readonly exchanges: AmqpExchanges
  readonly capabilities: Capabilities
}

export class AmqpTransport implements Transport {
  readonly name = 'amqp'
  readonly capabilities: Capabilities
  private readonly consumers = new Set<Worker | Subscriber>()
  /** Publishes that wait for the declaration of their channel, which those after them must not overtake. */
  private readonly behind = new Map<string, number>()
  private members = 0
  private closing: Promise<void> | undefined

  constructor(private readonly parts: Parts) {
    this.capabilities = parts.capabilities
  }

  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    this.check('Declaring a topic', signal)
    await this.parts.topology.declare(channel, signal)
  }

  publish(request: PublishRequest, signal: AbortSignal): Promise<Receipt> {
    const { channel } = request
    try {
      this.check('A publish', signal)
      this.checkSize(request)
    } catch (error) {
      return Promise.reject(error)
    }
    const declaring = this.parts.topology.declare(channel, signal)
    const queued = this.behind.get(channel.name) ?? 0
    if (declaring === undefined && queued === 0) return this.post(request, signal)
    this.behind.set(channel.name, queued + 1)
    return Promise.resolve(declaring).then(
      () => {
        this.leave(channel)
        return this.post(request, signal)
      },
      (error: unknown) => {
        this.leave(channel)
        throw error
      },
    )
  }

  async consume(request: ConsumeRequest, deliver: Deliver, signal: AbortSignal): Promise<Consumer> {
    this.check('Consuming', signal)
    const { channel } = request
    await this.parts.topology.declare(channel, signal)
    const consumer = channel.guarantees.tracked
      ? await this.work(request, deliver, signal)
      : await this.subscribe(request, deliver)
    await this.attach(consumer, signal)
    return consumer
  }

  open(request: OpenRequest, peer: Peer, signal: AbortSignal): Exchange {
    return this.parts.exchanges.open(request, peer, signal)
  }

  async accept(request: AcceptRequest, accept: Accept, signal: AbortSignal): Promise<Consumer> {
    this.check('Serving', signal)
    return this.parts.exchanges.accept(request, accept, signal)
  }

  async manage<C extends Command>(channel: Channel, command: C, signal: AbortSignal): Promise<Answer<C>>
  async manage(channel: Channel, command: Command, signal: AbortSignal): Promise<Letters | Count> {
    this.check('A command', signal)
    const { office, topology } = this.parts
    await topology.declare(channel, signal)
    switch (command.op) {
      case 'dead.list':
        return office.list(channel, command.limit, command.after, signal)
      case 'dead.redrive':
        return { count: await office.redrive(channel, command, signal) }
      case 'dead.discard':
        return { count: await office.discard(channel, command.ids, signal) }
      default:
        throw unsupported(command.op)
    }
  }

  close(signal: AbortSignal): Promise<void> {
    this.closing ??= this.shutDown(signal)
    return this.closing
  }

  private async shutDown(signal: AbortSignal): Promise<void> {
    const { line, publishers, exchanges, host } = this.parts
    const ends = [...this.consumers].map((consumer) => consumer.close())
    const gentle = Promise.allSettled([exchanges.close(signal), ...ends])
      .then(() => publishers.drained())
      .then(() => exchanges.leave())
    const given = new Promise<'aborted'>((resolve) => {
      if (signal.aborted) resolve('aborted')
      else signal.addEventListener('abort', () => resolve('aborted'), { once: true })
    })
    const how = await Promise.race([gentle.then(() => 'done' as const), given])
    if (how === 'done') return line.close(true)
    gentle.catch(() => {})
    for (const consumer of this.consumers) consumer.abandon()
    const { wire } = line
    if (wire !== undefined) {
      // What is said last is to leave this process: others wait for it.
      await this.atMost(
        goodbyeMs,
        exchanges.close(signal).then(() => publishers.drained()),
      )
    }
    const leaving = line.close(true)
    // Nobody waits for the answer, but the socket must not outlive it.
    const timer = host.clock.after(goodbyeMs, () => wire?.abort())
    void leaving.finally(() => timer.cancel())
  }

  private atMost(ms: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.parts.host.clock.after(ms, resolve, { keepAlive: true })
      const end = (): void => {
        timer.cancel()
        resolve()
      }
      work.then(end, end)
    })
  }

  private async post(request: PublishRequest, signal: AbortSignal): Promise<Receipt> {
    const { channel, message, delayMs, priority } = request
    const { publishers, settings, host } = this.parts
    const { durable } = channel.guarantees
    const made = toAmqp(channel, message, { delayMs, priority, now: host.clock.now() })
    await publishers[wayOf(channel)](addressOf(settings, channel), made, message.body.size, signal)
    const isOnDisk = durable && this.capabilities.features.durable !== 'none'
    return { id: message.id, level: isOnDisk ? 'durable' : 'accepted' }
  }

  private async work(request: ConsumeRequest, deliver: Deliver, signal: AbortSignal): Promise<Worker> {
    const { host, settings, topology, publishers, office } = this.parts
    const { channel, group, pattern } = request
    const address = addressOf(settings, channel)
    const isQueue = channel.kind === 'queue'
    const isTransient = !isQueue && group === undefined
    const queue =
      isQueue || group === undefined ? address : await topology.group(channel, group, pattern, signal)
    const origin = isTransient ? nowhere : queue
    const settling = createSettling({ host, channel, group, address, queue: origin, publishers, office })
    const source = queue === address ? address : qualified(address, queue)
    const worker: Worker = new Worker({
      ...{ host, request, deliver, source, settling, isTransient },
      onEnd: () => this.consumers.delete(worker),
    })
    return worker
  }

  private async subscribe(request: ConsumeRequest, deliver: Deliver): Promise<Subscriber> {
    const { host, settings } = this.parts
    const { channel, group, pattern } = request
    this.members += 1
    const subscriber: Subscriber = await openSubscriber(
      {
        ...{ host, request, address: addressOf(settings, channel) },
        shared: group === undefined ? undefined : groupQueueOf(settings, channel, group, pattern),
        member: `${host.instance}-${this.members}`,
        onEnd: () => this.consumers.delete(subscriber),
      },
      deliver,
    )
    return subscriber
  }

  /** Effective when the broker has the link; a wire that breaks meanwhile is not its failure. */
  private async attach(consumer: (Worker | Subscriber) & Tenant, signal: AbortSignal): Promise<void> {
    const { line } = this.parts
    for (;;) {
      const wire = await line.ready('Consuming', signal)
      try {
        await consumer.onUp(wire)
        if (line.wire !== wire) continue
        if (this.closing !== undefined) throw closed()
        const leave = line.move(consumer)
        this.consumers.add(consumer)
        void consumer.ended.then(leave)
        return
      } catch (error) {
        if (!wire.isUp && this.closing === undefined) continue
        consumer.abandon()
        throw error
      }
    }
  }

  private check(what: string, signal: AbortSignal): void {
    if (this.closing !== undefined) throw closed()
    if (signal.aborted) throw cancelled(what, 'rejected', signal)
  }

  /** The size of a body is an upper bound: only what might be too large is encoded to know. */
  private checkSize({ channel, message }: PublishRequest): void {
    const { maxMessageBytes } = this.parts.settings
    if (message.body.size <= maxMessageBytes) return
    const bytes = message.body.bytes().byteLength
    if (bytes <= maxMessageBytes) return
    const text = `A message on "${channel.name}" has ${bytes} bytes; this transport takes ${maxMessageBytes}.`
    throw new BusError('TOO_LARGE', text, { outcome: 'rejected' })
  }

  private leave({ name }: Channel): void {
    const left = (this.behind.get(name) ?? 1) - 1
    if (left === 0) this.behind.delete(name)
    else this.behind.set(name, left)
  }
}

/** The mark costs the broker a write to its journal, so only those who wait for the disk anyway have it. */
function wayOf({ guarantees }: Channel): 'post' | 'postMarked' | 'postOnce' {
  if (!guarantees.tracked) return 'postOnce'
  return guarantees.durable ? 'postMarked' : 'post'
}

function unsupported(what: string): BusError {
  return new BusError('UNSUPPORTED', `The amqp transport has no ${what}.`, { outcome: 'rejected' })
}
