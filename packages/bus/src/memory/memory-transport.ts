/** What one bus holds of the memory wire: the transport seam over the shared engine. */

import type { Clock } from '../clock.js'
import type { Engine } from '../engine/engine.js'
import { BusError } from '../errors.js'
import { createUntilAborted } from '../signal-watch.js'
import type { PublishRequest, Transport } from '../transport.js'
import { memoryCapabilities } from './memory-capabilities.js'
import { createMemoryConsumer, type MemoryConsumer } from './memory-consumer.js'
import { createMemoryAcceptor, createOpenedExchanges, refusedExchange } from './memory-exchanges.js'

export interface MemoryTransportOptions {
  readonly name: string
  readonly clock: Clock
  readonly engine: Engine
  /** Called once, when the transport has closed. */
  readonly release: () => void
  /** Largest payload; default that of the memory wire. */
  readonly maxMessageBytes?: number
}

export function createMemoryTransport(options: MemoryTransportOptions): Transport {
  const {
    name,
    clock,
    engine,
    release,
    maxMessageBytes = memoryCapabilities.limits.maxMessageBytes,
  } = options
  const capabilities = Object.freeze({
    ...memoryCapabilities,
    limits: Object.freeze({ ...memoryCapabilities.limits, maxMessageBytes }),
  })
  const consumers = new Set<MemoryConsumer>()
  const opened = createOpenedExchanges(engine)
  const untilAborted = createUntilAborted()
  let closing: Promise<void> | undefined

  const closed = (): BusError =>
    new BusError('CLOSED', `The transport "${name}" was closed.`, { outcome: 'rejected' })

  const assertOpen = (signal: AbortSignal): void => {
    if (closing !== undefined) throw closed()
    signal.throwIfAborted()
  }

  const gone = (consumer: MemoryConsumer): void => void consumers.delete(consumer)

  const keep = (consumer: MemoryConsumer): MemoryConsumer => {
    consumers.add(consumer)
    return consumer
  }

  async function end(signal: AbortSignal): Promise<void> {
    const abandon = (): void => {
      for (const consumer of [...consumers]) consumer.abandon()
    }
    // Who was asked to close before and still runs has had its time: waiting again could take for ever.
    for (const consumer of [...consumers]) if (signal.aborted || consumer.isClosing) consumer.abandon()
    signal.addEventListener('abort', abandon, { once: true })
    await Promise.all([...consumers].map((consumer) => consumer.close()))
    signal.removeEventListener('abort', abandon)
    opened.close()
    release()
  }

  return {
    name,
    capabilities,

    async declare(channel, signal) {
      assertOpen(signal)
      engine.declare(channel)
    },

    publish(request, signal) {
      try {
        assertOpen(signal)
        refuseTooLarge(request, maxMessageBytes)
        const receipt = engine.publish(request)
        if ('id' in receipt) return receipt
        // A publish that waits for room can be given up; the message may be on its way then.
        return untilAborted(receipt, signal, () => signal.reason)
      } catch (error) {
        return Promise.reject(error)
      }
    },

    async consume(request, deliver, signal) {
      assertOpen(signal)
      return keep(createMemoryConsumer(engine, clock, request, deliver, gone))
    },

    open(request, peer, signal) {
      if (closing !== undefined) return refusedExchange(peer, { code: 'CLOSED', message: closed().message })
      return opened.open(request, peer, signal)
    },

    async accept(request, accept, signal) {
      assertOpen(signal)
      return keep(createMemoryAcceptor(engine, request, accept, gone))
    },

    async manage(channel, command, signal) {
      assertOpen(signal)
      return engine.manage(channel, command)
    },

    close(signal) {
      closing ??= end(signal)
      return closing
    },
  }
}

/** What the hub would refuse is refused here too. */
function refuseTooLarge({ message, channel }: PublishRequest, maxMessageBytes: number): void {
  const { body } = message
  // The size may be an upper bound; only who is near the limit pays for the exact one.
  if (body.size <= maxMessageBytes || body.bytes().byteLength <= maxMessageBytes) return
  throw new BusError(
    'TOO_LARGE',
    `The payload for ${channel.name} has ${body.size} bytes, the transport takes ${maxMessageBytes}.`,
    { outcome: 'rejected' },
  )
}
