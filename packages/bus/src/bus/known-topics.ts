/** The topics a bus has met: each is checked and declared once, at its first use by any verb. */

import type { Channel } from '../channel.js'
import { BusError } from '../errors.js'
import type { AnyTopic } from '../topic.js'
import type { Headers, Transport } from '../transport.js'
import type { Turns } from './in-turn.js'
import { requireChannel } from './support.js'

/** A topic with everything about it that is the same for all its messages. */
export interface KnownTopic extends Turns {
  readonly topic: AnyTopic
  readonly channel: Channel
  /** The smaller of what the topic and the transport allow. */
  readonly maxBytes: number
  /** Of messages without own headers. */
  readonly headers: Headers
  /** The transport has declared it. */
  ready: boolean
  /** Sends that wait for the declaration; later ones queue behind them to keep the order. */
  waiting: number
  declaring: Promise<void> | undefined
}

/** How a bus finds what it knows of a topic. */
export interface KnownTopics {
  /** TypeError for something else than a topic of one of `kinds`; UNSUPPORTED, CONTRACT_MISMATCH. */
  get(topic: AnyTopic, ...kinds: readonly Channel['kind'][]): KnownTopic
  /** Resolves when the transport has the channel; CONTRACT_MISMATCH. */
  declare(known: KnownTopic): Promise<void>
}

/** Gives an empty register for one bus. */
export function createKnownTopics(host: {
  readonly service: string
  readonly transport: Transport
  readonly strict: boolean
  readonly life: AbortSignal
}): KnownTopics {
  const { transport } = host
  const byTopic = new Map<AnyTopic, KnownTopic>()
  const byName = new Map<string, AnyTopic>()

  function meet(topic: AnyTopic): KnownTopic {
    const channel = channelOf(topic)
    const twin = byName.get(channel.name)
    if (twin !== undefined) sameOrThrow(twin, topic)
    requireChannel(channel, transport)
    const known: KnownTopic = {
      topic,
      channel,
      maxBytes: Math.min(channel.guarantees.maxBytes, transport.capabilities.limits.maxMessageBytes),
      headers: Object.freeze({ source: host.service }),
      ready: false,
      waiting: 0,
      declaring: undefined,
      checking: undefined,
    }
    byTopic.set(topic, known)
    byName.set(channel.name, twin ?? topic)
    return known
  }

  async function declareOnce(known: KnownTopic): Promise<void> {
    try {
      await transport.declare(known.channel, host.life)
      if (host.strict) await refuseOtherBuilds(known.channel, transport, host.life)
      known.ready = true
    } finally {
      // A failed declaration is tried again by the next use.
      known.declaring = undefined
    }
  }

  return {
    get(topic, ...kinds) {
      const known = byTopic.get(topic) ?? meet(topic)
      if (!kinds.includes(known.channel.kind)) {
        throw new TypeError(
          `"${known.channel.name}" is of kind "${known.channel.kind}": it takes ${topic.verbs}.`,
        )
      }
      return known
    },
    declare(known) {
      if (known.ready) return Promise.resolve()
      known.declaring ??= declareOnce(known)
      return known.declaring
    },
  }
}

function channelOf(topic: AnyTopic): Channel {
  // Types are gone at run time: whatever a caller in plain JavaScript hands over arrives here.
  const given: Partial<AnyTopic> | null | undefined = topic
  if (typeof given?.channel?.name === 'string' && given.wire !== undefined) return given.channel
  throw new TypeError(
    'The first argument must be a topic of a contract, such as airport.landed from contract("airport", { landed: event(…) }).',
  )
}

function sameOrThrow(known: AnyTopic, topic: AnyTopic): void {
  if (known.channel.fingerprint === topic.channel.fingerprint) return
  throw new BusError(
    'CONTRACT_MISMATCH',
    `Two contracts declare "${topic.name}" differently: one at ${whereOf(known)}, one at ${whereOf(topic)}.`,
    {
      details: { topic: topic.name, definedAt: [whereOf(known), whereOf(topic)] },
      outcome: 'rejected',
    },
  )
}

const whereOf = (topic: AnyTopic): string => topic.wire.definedAt ?? 'an unknown place'

async function refuseOtherBuilds(channel: Channel, transport: Transport, life: AbortSignal): Promise<void> {
  const { mismatches } = await transport.manage(channel, { op: 'inspect' }, life)
  if (mismatches.length === 0) return
  throw new BusError(
    'CONTRACT_MISMATCH',
    `Builds with other contracts use "${channel.name}": this one has the fingerprint ${channel.fingerprint}, ` +
      `also seen: ${mismatches.join(', ')}.`,
    {
      details: { topic: channel.name, fingerprint: channel.fingerprint, others: mismatches },
      outcome: 'rejected',
    },
  )
}
