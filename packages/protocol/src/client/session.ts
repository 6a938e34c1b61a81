/** A session with a hub: one transport for the bus, over connections that come and go. */

import type {
  Accept,
  AcceptRequest,
  Answer,
  Capabilities,
  Channel,
  Command,
  ConsumeRequest,
  Consumer,
  Deliver,
  Exchange,
  Host,
  MaybePromise,
  OpenRequest,
  Peer,
  PublishRequest,
  Receipt,
  Transport,
} from 'busbar/transport'
import { BusError, createUntilAborted } from 'busbar/transport'
import { readAnswer, writeManage } from '../manage-frames.js'
import { cancelled } from './cancelled.js'
import { Channels } from './channels.js'
import { Consumers } from './consumers.js'
import { Exchanges } from './exchanges.js'
import { capabilitiesOf } from './hub-capabilities.js'
import { keepConnected, type Lifeline } from './lifeline.js'
import { limitsOf, type SessionOptions } from './options.js'
import { Outbox } from './outbox.js'
import type { Parts } from './parts.js'
import { away, Uplink } from './uplink.js'

/**
 * Connects to a hub and gives the transport once it is ready. Tries again for `connectTimeoutMs`, then rejects with
 * UNREACHABLE; AUTH_FAILED and VERSION_UNSUPPORTED reject at once. After that it reconnects by itself until close().
 */
export async function createSession(host: Host, options: SessionOptions): Promise<Transport> {
  const uplink = new Uplink()
  const parts: Parts = {
    uplink,
    channels: new Channels(uplink),
    consumers: new Consumers(uplink, host.clock),
    exchanges: new Exchanges(uplink, host.clock),
    outbox: new Outbox(uplink, limitsOf(options)),
  }
  const lifeline = await keepConnected(host, options, parts)
  return new Session(options.name, capabilitiesOf(lifeline.welcome, lifeline.ready), parts, lifeline)
}

class Session implements Transport {
  /** Consumers and acceptors share one space of numbers. */
  private lastId = 0
  private closing: Promise<void> | undefined
  private readonly untilAborted = createUntilAborted()

  constructor(
    readonly name: string,
    readonly capabilities: Capabilities,
    private readonly parts: Parts,
    private readonly lifeline: Lifeline,
  ) {}

  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    this.refuseClosed()
    await this.waitFor(this.parts.channels.declare(channel), signal, `Declaring "${channel.name}"`)
  }

  publish(request: PublishRequest, signal: AbortSignal): MaybePromise<Receipt> {
    try {
      this.refuseClosed()
      return this.parts.outbox.publish(this.parts.channels.entryOf(request.channel), request, signal)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async consume(request: ConsumeRequest, deliver: Deliver, signal: AbortSignal): Promise<Consumer> {
    this.refuseClosed()
    const { channels, consumers } = this.parts
    const consumer = consumers.add(++this.lastId, channels.entryOf(request.channel), request, deliver)
    return this.whenReady(consumer, signal, `Consuming from "${request.pattern}"`)
  }

  open(request: OpenRequest, peer: Peer, signal: AbortSignal): Exchange {
    const { channels, exchanges } = this.parts
    if (this.closing !== undefined) return exchanges.refused(peer, closedMessage(this.name))
    return exchanges.open(channels.entryOf(request.channel), request, peer, signal)
  }

  async accept(request: AcceptRequest, accept: Accept, signal: AbortSignal): Promise<Consumer> {
    this.refuseClosed()
    const { channels, exchanges } = this.parts
    const acceptor = exchanges.accept(++this.lastId, channels.entryOf(request.channel), request, accept)
    return this.whenReady(acceptor, signal, `Accepting on "${request.pattern}"`)
  }

  async manage<C extends Command>(channel: Channel, command: C, signal: AbortSignal): Promise<Answer<C>> {
    this.refuseClosed()
    const { channels, uplink } = this.parts
    const entry = channels.entryOf(channel)
    if (signal.aborted) throw cancelled(command.op, 'rejected', signal)
    if (entry.failure !== undefined) throw entry.failure
    // Before everything is declared again, the hub would not know the channel.
    if (!uplink.isUp) throw away('unsent')
    const answer = uplink.ask(
      (out, request) => writeManage(out, request, entry.id, command),
      (body) => readAnswer(body, command, channel.name),
    )
    return this.waitFor(answer, signal, command.op)
  }

  close(signal: AbortSignal): Promise<void> {
    this.closing ??= this.drain(signal)
    return this.closing
  }

  /** Consumers end, receipts come in, the link is flushed; the signal cuts the waiting short. */
  private async drain(signal: AbortSignal): Promise<void> {
    const { consumers, exchanges, outbox } = this.parts
    const running = [...consumers.all(), ...exchanges.allAcceptors()].map((each) => each.close())
    // What a consumer could not bring to an end, its own close() tells.
    const quiet = Promise.allSettled([...running, outbox.drained()])
    await this.waitFor(quiet, signal, 'Closing').catch(() => undefined)
    this.lifeline.close()
  }

  private async whenReady<C extends Consumer & { readonly ready: { readonly promise: Promise<void> } }>(
    consumer: C,
    signal: AbortSignal,
    what: string,
  ): Promise<C> {
    try {
      await this.waitFor(consumer.ready.promise, signal, what)
      return consumer
    } catch (error) {
      void consumer.close()
      throw error
    }
  }

  private waitFor<T>(promise: Promise<T>, signal: AbortSignal, what: string): Promise<T> {
    return this.untilAborted(promise, signal, () => cancelled(what, 'unknown', signal))
  }

  private refuseClosed(): void {
    if (this.closing === undefined && !this.lifeline.isLost) return
    throw new BusError('CLOSED', closedMessage(this.name), { outcome: 'rejected' })
  }
}

const closedMessage = (name: string): string => `The ${name} transport was closed.`
