/** A channel is a topic as a transport sees it: name, kind and guarantees, JSON-safe, without schemas. */

/** The five kinds of topic. */
export type Kind = 'event' | 'queue' | 'request' | 'stream' | 'pair'

/** What happens to a message that finds a subscriber's buffer full. */
export type Overflow = 'block' | 'drop-oldest' | 'disconnect'

/** How a failed message is tried again; delays are jittered by +-10 %. */
export interface RetryPolicy {
  /** Deliveries in all before the message becomes a dead letter. */
  readonly attempts: number
  readonly backoff: 'fixed' | 'exponential'
  readonly initialMs: number
  readonly maxMs: number
}

/** What a topic promises, with every default filled in; the transport provisions and enforces it. */
export interface Guarantees {
  /** Delivered at least once: leased, settled, retried, dead-lettered. False only for plain events. */
  readonly tracked: boolean
  readonly retry: RetryPolicy
  /** How long one delivery may go without settlement or renewal. Renewed while a handler runs. */
  readonly leaseMs: number
  /** Messages of one partition key are handled one at a time and in order. */
  readonly ordered: boolean
  /** Messages may carry a priority from 0 (default) to 9 (first). */
  readonly priority: boolean
  /** Unhandled messages expire after this time. */
  readonly ttlMs: number | undefined
  /** A second publish under one id within this window is dropped and receipted as a duplicate. */
  readonly dedupeMs: number | undefined
  readonly maxBytes: number
  /** Receipts mean "on disk". */
  readonly durable: boolean
  /** Retention of a stream; the first limit that is reached removes the oldest records. */
  readonly keepMs: number | undefined
  readonly keepCount: number | undefined
  readonly keepBytes: number | undefined
  /** The replies of a request are a sequence. */
  readonly streamed: boolean
}

/** A topic as it crosses the seam and the wire. */
export interface Channel {
  /** `contract.topic`, for example `airport.landed`. */
  readonly name: string
  readonly kind: Kind
  /** Names of the path tokens that follow the name in an address, in order. */
  readonly params: readonly string[]
  readonly guarantees: Guarantees
  /** Hash over wire schemas and guarantees; differs when two builds of a contract differ. */
  readonly fingerprint: string
}
