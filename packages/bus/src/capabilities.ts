/** What a transport can do, as data: the bus refuses the rest, the conformance suite proves every claim. */

/** `native`: the wire does it; `emulated`: the adapter does it with the same result; `none`: refused. */
export type Support = 'native' | 'emulated' | 'none'

/** Everything a transport may or may not be able to do. A kind must be supported for its parts to count. */
export const features = [
  'event',
  'event.groups',
  'event.each',
  'event.path',
  'event.block',
  'event.retry',
  'queue',
  'queue.retry',
  'queue.delay',
  'queue.priority',
  'queue.order',
  'queue.expiry',
  'queue.lease',
  'request',
  'request.cancel',
  'request.streamed',
  'stream',
  'stream.groups',
  'stream.offset',
  'stream.time',
  'stream.receipts',
  'stream.retention',
  'pair',
  'deadletters',
  'dedupe',
  'inspect',
  'durable',
  'reconnect',
] as const

/** The name of one capability. */
export type Feature = (typeof features)[number]

/** Frozen and JSON-safe. */
export interface Capabilities {
  readonly features: Readonly<Record<Feature, Support>>
  readonly limits: {
    /** Largest encoded payload in bytes. */
    readonly maxMessageBytes: number
    /** Longest delay of a delayed send in ms. */
    readonly maxDelayMs: number
  }
}
