/** The seven methods of the seam on one link to NATS. */

import {
  type Answer,
  BusError,
  type Channel,
  type Command,
  createIds,
  type Host,
  type PublishRequest,
  type Receipt,
  type Transport,
} from 'busbar/transport'
import { capabilitiesOf } from './capabilities.js'
import { createConsuming, type Ending } from './consuming.js'
import { createCoreEvents } from './core-events.js'
import { dueHeader, targetHeader } from './delays.js'
import { apiError, checkSignal, closed } from './errors.js'
import { createFlushes } from './flushes.js'
import { createNatsExchanges } from './lanes.js'
import type { Link } from './link.js'
import { messageHeaders } from './message.js'
import { createNames } from './names.js'
import type { Settings } from './options.js'
import { isKept } from './plan.js'
import { payloadOf } from './publication.js'
import { createPublisher } from './publisher.js'
import { createTopology } from './topology.js'

export function createTransport(link: Link, host: Host, settings: Settings): Transport {
  const capabilities = capabilitiesOf(link.maxPayload)
  const names = createNames(settings.prefix)
  const makeId = createIds(host.clock, host.random)
  const publisher = createPublisher(link, host.clock, settings)
  const flushes = createFlushes()
  const events = createCoreEvents(link, host, names, flushes, settings, makeId)
  const exchanges = createNatsExchanges(link, host, names, flushes)
  const topology = createTopology(link, names, settings)
  const consuming = createConsuming({ link, host, names, settings, publisher, events, topology, makeId })
  const consumers = new Set<Ending>()
  const self = makeId()
  let published = 0
  let isClosed = false
  let closing: Promise<void> | undefined

  const check = (signal: AbortSignal): void => {
    if (isClosed) throw closed()
    checkSignal(signal)
  }
  const unsupported = (what: string): BusError => new BusError('UNSUPPORTED', `NATS does not ${what}.`)

  function checkSize({ message }: PublishRequest): void {
    const { maxMessageBytes } = capabilities.limits
    // Its size may be an upper bound; only who is near the limit pays for the exact one.
    if (message.body.size <= maxMessageBytes || message.body.bytes().byteLength <= maxMessageBytes) return
    throw new BusError('TOO_LARGE', `NATS takes payloads of at most ${maxMessageBytes} bytes here.`, {
      outcome: 'rejected',
      details: { limit: 'maxMessageBytes', value: maxMessageBytes },
    })
  }
  /** Without a window of the topic's own only resends of this very publish are to be known again. */
  const idOf = ({ channel, message }: PublishRequest): string => {
    published += 1
    return channel.guarantees.dedupeMs === undefined ? `${self} ${published}` : message.id
  }
  async function keep(request: PublishRequest): Promise<Receipt> {
    const { channel, message, delayMs = 0 } = request
    const subject = names.subject(message.address)
    const headers = messageHeaders(channel, message)
    if (delayMs > 0) {
      headers[dueHeader] = String(host.clock.now() + delayMs)
      headers[targetHeader] = subject
    }
    const target = delayMs > 0 ? names.later(channel) : subject
    const ack = await publisher.publish(target, idOf(request), headers, payloadOf(message.body))
    return {
      id: message.id,
      level: 'accepted',
      ...(channel.kind === 'stream' && { offset: ack.seq - 1 }),
      ...(ack.isDuplicate && { duplicate: true }),
    }
  }
  function forget({ channel, message }: PublishRequest, signal: AbortSignal): Promise<Receipt> {
    const { id, address, body } = message
    const headers = messageHeaders(channel, message)
    return events.publish({ id, subject: names.subject(address), headers, data: payloadOf(body) }, signal)
  }
  async function purge(channel: Channel): Promise<{ count: number }> {
    const { jsm } = await link.ready()
    try {
      return { count: (await jsm.streams.purge(names.stream(channel))).purged }
    } catch (error) {
      throw apiError(`Purging "${channel.name}"`, error)
    }
  }
  async function carryOut(
    channel: Channel,
    command: Command,
  ): Promise<Answer<{ op: 'purge' }> | Answer<{ op: 'dead.list'; limit: number }>> {
    const letters = consuming.letters(channel)
    switch (command.op) {
      case 'inspect':
        throw unsupported('count what it delivered')
      case 'purge':
        return purge(channel)
      case 'dead.list':
        return letters.list(command.after, command.limit)
      case 'dead.redrive':
        return letters.redrive(command.ids, command.body)
      case 'dead.discard':
        return letters.discard(command.ids)
    }
  }
  async function drain(signal: AbortSignal): Promise<void> {
    await Promise.allSettled([...[...consumers].map((consumer) => consumer.close()), exchanges.close(signal)])
    await Promise.allSettled([publisher.idle(), events.idle()])
  }
  async function end(signal: AbortSignal): Promise<void> {
    isClosed = true
    if (!signal.aborted) {
      const aborted = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([drain(signal), aborted])
    }
    for (const consumer of consumers) consumer.abandon()
    await exchanges.close(AbortSignal.abort())
    publisher.close()
    // What goes back is to reach the server before the link ends.
    await flush()
    await link.close()
  }
  async function flush(): Promise<void> {
    const { session } = link
    if (session === undefined) return
    await new Promise<void>((resolve) => {
      const timer = host.clock.after(flushMs, resolve, { keepAlive: true })
      const done = (): void => {
        timer.cancel()
        resolve()
      }
      void session.flush().then(done, done)
    })
  }

  return {
    name: 'nats',
    capabilities,
    async declare(channel, signal) {
      check(signal)
      await topology.declare(channel)
    },
    publish(request, signal) {
      try {
        check(signal)
        checkSize(request)
        return isKept(request.channel) ? keep(request) : forget(request, signal)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async consume(request, deliver, signal) {
      check(signal)
      const consumer = await consuming.consume(request, deliver)
      if (isClosed) {
        consumer.abandon()
        throw closed()
      }
      consumers.add(consumer)
      void consumer.ended.then(() => consumers.delete(consumer))
      return consumer
    },
    open(request, peer, signal) {
      if (!isClosed) return exchanges.open(request, peer, signal)
      queueMicrotask(() => peer.closed({ code: 'CLOSED' }))
      return { send: () => Promise.reject(closed()), close() {} }
    },
    async accept(request, accept, signal) {
      check(signal)
      return exchanges.accept(request, accept, signal)
    },
    async manage<C extends Command>(channel: Channel, command: C, signal: AbortSignal): Promise<Answer<C>> {
      check(signal)
      // The answer is chosen by the command just below, which the compiler cannot follow through a generic.
      return (await carryOut(channel, command)) as Answer<C>
    },
    close(signal) {
      closing ??= end(signal)
      if (!signal.aborted) return closing
      for (const consumer of consumers) consumer.abandon()
      return closing
    },
  }
}

const flushMs = 1_000
