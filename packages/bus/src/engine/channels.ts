/** The channels of an engine by name: the first declaration counts, later ones are compared with it. */

import type { Channel } from '../channel.js'
import { BusError } from '../errors.js'
import { createDedupeWindow, type DedupeWindow } from './dedupe-window.js'
import { createDurableLog } from './durable/durable-log.js'
import { createDurableMessages } from './durable/durable-messages.js'
import { createExchanges } from './exchange.js'
import { createLog } from './log.js'
import type { Broker, ChannelBroker, CreateChannelBroker, ExchangeBroker, PartHost } from './parts.js'
import { createPlainEvents } from './plain-events.js'
import { createQueue } from './queue.js'
import { createTrackedEvents } from './tracked-events.js'

/** Other builds worth telling apart; more than these are a deployment gone wrong, not a thing to list. */
const notedMismatches = 16

export interface ChannelRecord {
  readonly channel: Channel
  readonly broker: Broker
  /** The broker again, of events, queues and streams. */
  readonly messages: ChannelBroker | undefined
  /** The broker again, of requests and pairs. */
  readonly exchanges: ExchangeBroker | undefined
  readonly dedupe: DedupeWindow | undefined
  readonly mismatches: Set<string>
  /** Known from the store only: the first declaration since the start replaces it. */
  recovered: boolean
}

export interface Channels {
  /** CONTRACT_MISMATCH when kind or path differ; another fingerprint is noted. */
  declare(channel: Channel): ChannelRecord
  /** The record of a channel, declared now if it was not. */
  get(channel: Channel): ChannelRecord
  find(name: string): ChannelRecord | undefined
  wrongKind(channel: Channel, verb: string): BusError
  values(): Iterable<ChannelRecord>
}

export function createChannels(host: PartHost): Channels {
  const byName = new Map<string, ChannelRecord>()
  /** Records from the store that were to be replaced, and could not be yet. */
  const ended = new WeakSet<ChannelRecord>()
  // Most publishes repeat the channel of the one before.
  let lastChannel: Channel | undefined
  let lastRecord: ChannelRecord | undefined

  const declare = (channel: Channel): ChannelRecord => {
    const record = byName.get(channel.name)
    if (record === undefined) return add(channel, false)
    const { kind, params, fingerprint, guarantees } = record.channel
    const isOther = kind !== channel.kind || params.join() !== channel.params.join()
    // Whoever asks for a disk must not get less, and what is on disk must not be forgotten.
    if (isOther || guarantees.durable !== channel.guarantees.durable)
      throw new BusError(
        'CONTRACT_MISMATCH',
        `${channel.name}: declared as ${describe(channel)}, but known as ${describe(record.channel)}.`,
        {
          outcome: 'rejected',
          details: { topic: channel.name, theirs: channel.fingerprint, ours: fingerprint },
        },
      )
    if (record.recovered) {
      const isClosed = ended.has(record)
      if (channel.fingerprint !== fingerprint || isClosed) {
        // All it knows is in its journal, so it can be made anew with other guarantees; again, if that fails.
        if (!isClosed) record.broker.close()
        ended.add(record)
        return add(channel, false)
      }
      record.recovered = false
      return record
    }
    if (channel.fingerprint !== fingerprint && record.mismatches.size < notedMismatches)
      record.mismatches.add(channel.fingerprint)
    return record
  }
  const add = (channel: Channel, recovered: boolean): ChannelRecord => {
    const { dedupeMs, durable } = channel.guarantees
    const { dedupeIds } = host.limits
    const dedupe =
      dedupeMs === undefined ? undefined : createDedupeWindow(host.clock, dedupeMs, dedupeIds, durable)
    const brokers = brokersOf(channel, host, dedupe)
    const record: ChannelRecord = { channel, ...brokers, dedupe, mismatches: new Set(), recovered }
    byName.set(channel.name, record)
    return record
  }
  for (const channel of host.store?.channels ?? []) add(channel, true)

  return {
    declare,
    get(channel) {
      if (channel === lastChannel && lastRecord !== undefined) return lastRecord
      lastRecord = declare(channel)
      lastChannel = channel
      return lastRecord
    },
    find: (name) => byName.get(name),
    wrongKind: (channel, verb) =>
      new BusError('CONTRACT_MISMATCH', `${channel.name}: a topic of kind ${channel.kind} cannot ${verb}.`, {
        outcome: 'rejected',
      }),
    values: () => byName.values(),
  }
}

type Brokers = Pick<ChannelRecord, 'broker' | 'messages' | 'exchanges'>

function brokersOf(channel: Channel, host: PartHost, dedupe: DedupeWindow | undefined): Brokers {
  if (channel.kind === 'request' || channel.kind === 'pair') {
    const exchanges = createExchanges(channel, host)
    return { broker: exchanges, messages: undefined, exchanges }
  }
  const messages = channel.guarantees.durable
    ? durableOf(channel, host, dedupe)
    : makerOf(channel.kind, channel.guarantees.tracked)(channel, host)
  return { broker: messages, messages, exchanges: undefined }
}

function makerOf(kind: 'event' | 'queue' | 'stream', tracked: boolean): CreateChannelBroker {
  if (kind === 'queue') return createQueue
  if (kind === 'stream') return createLog
  return tracked ? createTrackedEvents : createPlainEvents
}

function durableOf(channel: Channel, host: PartHost, dedupe: DedupeWindow | undefined): ChannelBroker {
  const { store } = host
  if (store === undefined)
    throw new BusError('UNSUPPORTED', `${channel.name} is durable and there is no store to keep it in.`, {
      outcome: 'rejected',
      details: { topic: channel.name, guarantee: 'durable' },
    })
  return (channel.kind === 'stream' ? createDurableLog : createDurableMessages)(channel, host, store, dedupe)
}

const describe = ({ kind, params, guarantees }: Channel): string => {
  const name = guarantees.durable ? `durable ${kind}` : kind
  return params.length === 0 ? `${name} without a path` : `${name} with the path {${params.join('}.{')}}`
}
