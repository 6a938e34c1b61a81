/** The transport: events and queues over Amazon SQS or a server that speaks its protocol. */

import {
  type Answer,
  BusError,
  type Capabilities,
  type Channel,
  type Command,
  type Connect,
  type ConsumeRequest,
  type Consumer,
  createUntilAborted,
  type Deliver,
  type Exchange,
  type Host,
  type OpenRequest,
  type Peer,
  type PublishRequest,
  type Receipt,
  type Transport,
} from 'busbar/transport'
import type { Cemetery } from './burial.js'
import { capabilitiesOf } from './capabilities.js'
import { type ConsumingHost, type Ending, startConsumer } from './consuming.js'
import { Letters } from './letters.js'
import { Lines } from './lines.js'
import { type Link, openLink } from './link.js'
import { type Settings, type SqsOptions, settingsOf } from './options.js'
import { queueOf } from './plan.js'
import { Provisioning } from './provisioner.js'
import { Queues } from './queues.js'
import { Routes } from './routes.js'
import { Sending } from './sending.js'
import { Sweeper } from './sweeper.js'

/**
 * Connects to Amazon SQS or to a server that speaks its protocol. INVALID_OPTION at once; the connection rejects with
 * UNREACHABLE when nobody answers within `connectTimeoutMs` and with AUTH_FAILED when the credentials are refused.
 */
export function sqs(options: SqsOptions): Connect {
  const settings = settingsOf(options)
  return async (host) => new SqsTransport(host, settings, await openLink(host, settings))
}

class SqsTransport implements Transport {
  readonly name = 'sqs'
  readonly capabilities: Capabilities
  private readonly lines: Lines
  private readonly provisioning: Provisioning
  private readonly sending: Sending
  private readonly letters: Letters
  private readonly consuming: ConsumingHost
  private readonly consumers = new Set<Ending>()
  private readonly untilAborted = createUntilAborted()
  private closing: Promise<void> | undefined

  constructor(
    host: Host,
    settings: Settings,
    private readonly link: Link,
  ) {
    const { clock } = host
    this.capabilities = capabilitiesOf(settings.maxMessageBytes)
    const queues = new Queues(link)
    const sweeper = new Sweeper(clock, queues)
    const routes = new Routes(clock, queues, settings, settings.routesMs, (base, names) => {
      if (settings.provision === 'create') void sweeper.sweep(base, names)
    })
    this.lines = new Lines(queues, settings.maxMessageBytes)
    this.provisioning = new Provisioning(link.place, queues, settings, settings.provision)
    const deadQueue = (channel: Channel) => queueOf(settings, channel, { is: 'dead' })
    const cemetery: Cemetery = {
      ...{ lines: this.lines, maxMessageBytes: settings.maxMessageBytes, queueOf: deadQueue },
    }
    this.sending = new Sending({
      ...{ lines: this.lines, ...settings, level: settings.isAmazon ? 'durable' : 'accepted' },
      publisher: `${host.service}/${host.instance}`,
      now: () => clock.now(),
      queueOf: (channel) => queueOf(settings, channel, { is: 'main' }),
      targets: (channel) => routes.now(channel),
      nextTargets: (channel) => routes.next(channel),
      onMissing: async (channel) => {
        routes.spoil(channel)
        if (channel.kind === 'queue') await this.provisioning.declare(channel)
      },
    })
    this.letters = new Letters({
      ...{ queues, lines: this.lines, queueOf: deadQueue },
      originOf: (channel, group) => {
        if (channel.kind === 'queue') return queueOf(settings, channel, { is: 'main' })
        return group === undefined ? undefined : queueOf(settings, channel, { is: 'group', group })
      },
    })
    this.consuming = {
      ...{ host, link, queues, cemetery, layout: settings, provisioning: this.provisioning },
      ...{ waitSeconds: settings.waitSeconds, routesMs: settings.routesMs },
    }
  }

  async declare(channel: Channel, signal: AbortSignal): Promise<void> {
    this.check('declare()', signal)
    await this.until(this.provisioning.declare(channel), 'declare()', signal)
  }

  async publish(request: PublishRequest, signal: AbortSignal): Promise<Receipt> {
    this.check('publish()', signal)
    return this.until(this.sending.publish(request), 'publish()', signal)
  }

  async consume(request: ConsumeRequest, deliver: Deliver, signal: AbortSignal): Promise<Consumer> {
    this.check('consume()', signal)
    const consumer = await startConsumer(this.consuming, request, deliver)
    if (this.closing !== undefined || signal.aborted) {
      await consumer.abandon()
      this.check('consume()', signal)
    }
    this.consumers.add(consumer)
    return {
      ended: consumer.ended,
      close: async () => {
        await consumer.close()
        this.consumers.delete(consumer)
      },
    }
  }

  open(_request: OpenRequest, peer: Peer): Exchange {
    queueMicrotask(() => peer.closed({ code: 'UNSUPPORTED', message: unanswered }))
    return { send: () => Promise.reject(unsupported()), close() {} }
  }

  accept(): Promise<Consumer> {
    return Promise.reject(unsupported())
  }

  async manage<C extends Command>(channel: Channel, command: C, signal: AbortSignal): Promise<Answer<C>> {
    this.check(command.op, signal)
    if (command.op === 'inspect' || command.op === 'purge') throw uncounted(command.op)
    const answer = await this.until<unknown>(this.letters.run(channel, command), command.op, signal)
    // Letters answer each command in its own form, which TypeScript does not follow through a generic.
    return answer as Answer<C>
  }

  async close(signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      this.closing ??= Promise.resolve()
      this.giveUp()
      return
    }
    this.closing ??= this.drain()
    await this.untilAborted(this.closing, signal, () => signal.reason).catch(() => this.giveUp())
  }

  private async drain(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => consumer.close()))
    await this.lines.idle()
    this.link.end()
  }

  /** Ends without waiting; what was received is shown to others as soon as the server has heard of it. */
  private giveUp(): void {
    const given = [...this.consumers].map((consumer) => consumer.abandon())
    this.consumers.clear()
    void Promise.allSettled(given).then(() => this.link.end())
  }

  private check(what: string, signal: AbortSignal): void {
    if (this.closing !== undefined) {
      throw new BusError('CLOSED', `${what} was called after close().`, { outcome: 'rejected' })
    }
    if (signal.aborted) throw cancelled(what, 'rejected', signal)
  }

  private until<T>(promise: Promise<T>, what: string, signal: AbortSignal): Promise<T> {
    return this.untilAborted(promise, signal, () => cancelled(what, 'unknown', signal))
  }
}

const unanswered = 'SQS carries no requests and no pairs; use route() with a wire that does.'
const unsupported = () => new BusError('UNSUPPORTED', unanswered, { outcome: 'rejected' })
const uncounted = (op: string) =>
  new BusError('UNSUPPORTED', `SQS keeps approximate counts only, so there is no ${op}.`, {
    outcome: 'rejected',
  })

function cancelled(what: string, outcome: 'rejected' | 'unknown', { reason }: AbortSignal): BusError {
  return new BusError('CANCELLED', `${what} was given up by its caller.`, { outcome, cause: reason })
}
