/** Every limit of a hub with its default; durations are milliseconds, sizes are bytes. */

import { envelopeBytes, protocolLimits } from '@busbar/protocol'

export interface Limits {
  /** Connections in all; beyond it a newcomer is told SERVER_FULL. Default 1,024. */
  readonly maxConnections: number
  /** Connections that have not authenticated yet; further ones wait in line. Default 64. */
  readonly maxUnauthenticated: number
  /** From the first byte to be expected until the connection is ready. Default 5,000. */
  readonly handshakeTimeoutMs: number
  /** Largest payload of a message; frames may be 128 KiB larger and never exceed 16 MiB. Default 1 MiB. */
  readonly maxMessageBytes: number
  /** Publishes of one connection that may wait for their receipts. Default 4 MiB. */
  readonly publishWindowBytes: number
  /** Parts of one exchange and direction that may be on their way. Default 256 KiB. */
  readonly exchangeWindowBytes: number
  /** Subscriptions, workers, repliers and accepters of one connection together. Default 256. */
  readonly maxSubscriptions: number
  /** Channels one connection may declare. Default 4,096. */
  readonly maxChannels: number
  /** Channels of all connections together; the hub keeps them until it ends. Default 16,384. */
  readonly maxTopics: number
  /** Requests and pairs one connection may have open. Default 16,384. */
  readonly maxExchanges: number
  /** Silence after which a heartbeat is sent; two missed ones end a connection. Default 10,000. */
  readonly heartbeatMs: number
  /** Half-received frames of all connections together. Default 64 MiB. */
  readonly maxInboundBytes: number
  /** How long one frame may take to arrive. Default 30,000. */
  readonly frameTimeoutMs: number
  /** Unsent bytes of one connection above which its deliveries pause. Default 1 MiB. */
  readonly outboundPauseBytes: number
  /** Unsent bytes of one connection above which it is closed with SLOW_CONSUMER. Default 16 MiB. */
  readonly maxOutboundBytes: number
  /** How long a peer may take nothing while bytes wait for it. Default 10,000. */
  readonly writeTimeoutMs: number
  /** How long the session of a lost connection can be resumed. Default 30,000. */
  readonly resumeMs: number
  /** Lost sessions kept for resumption; the oldest goes first. Default 1,024. */
  readonly maxResumable: number
  /** How long close() waits for running handlers of clients. Default 10,000. */
  readonly drainTimeoutMs: number
}

const mebibyte = 1_048_576

export const defaultLimits: Limits = {
  maxConnections: 1_024,
  maxUnauthenticated: 64,
  handshakeTimeoutMs: 5_000,
  maxMessageBytes: mebibyte,
  publishWindowBytes: 4 * mebibyte,
  exchangeWindowBytes: mebibyte / 4,
  maxSubscriptions: 256,
  maxChannels: 4_096,
  maxTopics: 16_384,
  maxExchanges: 16_384,
  heartbeatMs: 10_000,
  maxInboundBytes: 64 * mebibyte,
  frameTimeoutMs: 30_000,
  outboundPauseBytes: mebibyte,
  maxOutboundBytes: 16 * mebibyte,
  writeTimeoutMs: 10_000,
  resumeMs: 30_000,
  maxResumable: 1_024,
  drainTimeoutMs: 10_000,
}

/** What each limit may be: smallest, largest, unit. A limit cannot be switched off: 0 is refused. */
export const limitRanges: Readonly<
  Record<keyof Limits, readonly [number, number, 'ms' | 'bytes' | 'count']>
> = {
  maxConnections: [1, 65_536, 'count'],
  maxUnauthenticated: [1, 65_536, 'count'],
  handshakeTimeoutMs: [10, 600_000, 'ms'],
  maxMessageBytes: [1_024, protocolLimits.hardFrameBytes - envelopeBytes, 'bytes'],
  publishWindowBytes: [1_024, 2 ** 31, 'bytes'],
  exchangeWindowBytes: [1_024, 2 ** 31, 'bytes'],
  maxSubscriptions: [1, 1_000_000, 'count'],
  maxChannels: [1, 1_000_000, 'count'],
  maxTopics: [1, 1_000_000, 'count'],
  maxExchanges: [1, 1_000_000, 'count'],
  heartbeatMs: [20, 600_000, 'ms'],
  maxInboundBytes: [protocolLimits.preAuthFrameBytes, 2 ** 40, 'bytes'],
  frameTimeoutMs: [20, 600_000, 'ms'],
  outboundPauseBytes: [1_024, 2 ** 40, 'bytes'],
  maxOutboundBytes: [1_024, 2 ** 40, 'bytes'],
  writeTimeoutMs: [20, 600_000, 'ms'],
  resumeMs: [1, 3_600_000, 'ms'],
  maxResumable: [1, 1_000_000, 'count'],
  drainTimeoutMs: [1, 3_600_000, 'ms'],
}

/** Pairs that only make sense in this order: the first must not be larger than the second, because. */
export const limitRelations: readonly (readonly [keyof Limits, keyof Limits, string])[] = [
  ['maxUnauthenticated', 'maxConnections', 'peers that authenticate are connections too'],
  ['maxMessageBytes', 'maxInboundBytes', 'one half-received message must fit into the budget of all'],
  ['outboundPauseBytes', 'maxOutboundBytes', 'deliveries must pause before the connection is given up'],
  [
    'maxMessageBytes',
    'maxOutboundBytes',
    'one message must fit into the bytes that may wait for a connection',
  ],
]
