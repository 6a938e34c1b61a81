/** What one bus holds of the memory wire: the transport seam over the shared engine. */

import type { Clock } from '../clock.js'
import type { Engine } from '../engine/engine.js'
import { BusError } from '../errors.js'
import type { Command } from '../manage.js'
import { createUntilAborted } from '../signal-watch.js'
import type { Host, PublishRequest, Receipt, Transport } from '../transport.js'
import type { BrokerProfile } from './broker-profiles.js'
import { withDuplicates } from './duplicates.js'
import { memoryCapabilities, memoryMaxMessageBytes } from './memory-capabilities.js'
import { createMemoryConsumer, type MemoryConsumer } from './memory-consumer.js'
import { createMemoryAcceptor, createOpenedExchanges, refusedExchange } from './memory-exchanges.js'

export interface MemoryTransportOptions {
  readonly name: string
  readonly host: Pick<Host, 'onState' | 'random'>
  readonly clock: Clock
  readonly engine: Engine
  /** Called once, when the transport has closed. */
  readonly release: () => Promise<void>
  /** Largest payload; default that of the memory wire. */
  readonly maxMessageBytes?: number
  /** Share of messages that are handed out twice; default 0. */
  readonly duplicates?: number
  /** Whose limits this wire takes on. */
  readonly profile?: BrokerProfile
  /** Resolves when the engine's store has failed; given if it has one. */
  readonly storeFailed?: Promise<BusError>
}

export function createMemoryTransport(options: MemoryTransportOptions): Transport {
  const { name, host, clock, engine, release, storeFailed, profile, duplicates = 0 } = options
  const { maxMessageBytes = profile?.maxMessageBytes ?? memoryMaxMessageBytes } = options
  const capabilities = memoryCapabilities(storeFailed !== undefined, maxMessageBytes, profile)
  const hidesOffsets = capabilities.features['stream.receipts'] === 'none'
  const consumers = new Set<MemoryConsumer>()
  const opened = createOpenedExchanges(engine)
  const untilAborted = createUntilAborted()
  let closing: Promise<void> | undefined
  let lost: BusError | undefined
  void storeFailed?.then((cause) => {
    if (closing !== undefined) return
    lost = storeHasFailed(name, cause)
    host.onState('lost', cause.message)
  })

  const closed = (): BusError =>
    new BusError('CLOSED', `The transport "${name}" was closed.`, { outcome: 'rejected' })

  const assertOpen = (signal: AbortSignal): void => {
    if (closing !== undefined) throw closed()
    if (lost !== undefined) throw lost
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
    // What the store could not keep, its own end tells.
    await Promise.allSettled([...consumers].map((consumer) => consumer.close()))
    signal.removeEventListener('abort', abandon)
    opened.close()
    await release()
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
        if ('id' in receipt) return hidesOffsets ? withoutOffset(receipt) : receipt
        // A publish that waits for room can be given up; the message may be on its way then.
        const later = hidesOffsets ? receipt.then(withoutOffset) : receipt
        return untilAborted(later, signal, () => signal.reason)
      } catch (error) {
        return Promise.reject(error)
      }
    },

    async consume(request, deliver, signal) {
      assertOpen(signal)
      const given = withDuplicates(duplicates, host.random, request, deliver)
      return keep(createMemoryConsumer(engine, clock, request, given, gone))
    },

    open(request, peer, signal) {
      const refusal = closing === undefined ? lost : closed()
      if (refusal !== undefined)
        return refusedExchange(peer, { code: refusal.code, message: refusal.message })
      return opened.open(request, peer, signal)
    },

    async accept(request, accept, signal) {
      assertOpen(signal)
      return keep(createMemoryAcceptor(engine, request, accept, gone))
    },

    async manage(channel, command, signal) {
      assertOpen(signal)
      const answer = engine.manage(channel, command)
      if (changes(command)) await engine.flushed(channel)
      return answer
    },

    close(signal) {
      closing ??= end(signal)
      return closing
    },
  }
}

/** The answer to such a command says what is on disk, where there is one. */
const changes = ({ op }: Command): boolean => op !== 'inspect' && op !== 'dead.list'

function storeHasFailed(name: string, cause: BusError): BusError {
  return new BusError('STORE_FAILED', `The store of the transport "${name}" has failed, nothing was sent.`, {
    outcome: 'rejected',
    cause,
  })
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

/** A receipt as a broker gives it whose confirms carry no offsets. */
const withoutOffset = ({ offset: _, ...receipt }: Receipt): Receipt => receipt
