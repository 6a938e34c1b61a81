/** The options of each kind of topic: what a contract may promise. */

import type { RetryPolicy } from '../channel.js'

interface EveryOption<Path extends string> {
  /** Parameters that follow the name in an address, such as `{airline}.{flight}`. Default: none. */
  readonly path?: Path
  /** Largest encoded payload in bytes; default 1,048,576. Larger ones are refused with TOO_LARGE. */
  readonly maxBytes?: number
}

interface DeliveryOptions<In, Path extends string> extends EveryOption<Path> {
  /** Partition key of a payload: messages of one key are handled in order, one at a time. Default: no order. */
  readonly key?: (value: In) => string
  /** Default: 5 attempts, exponential from 200 ms to at most 30,000 ms; the rest goes to the dead letters. */
  readonly retry?: Partial<RetryPolicy>
  /** How long a delivery may go without settlement; renewed while a handler runs. Default 30,000 ms. */
  readonly leaseMs?: number
  /**
   * A second message with the same id within this time is dropped. UNSUPPORTED on wires without `dedupe`. Default none;
   * of durable topics 120,000 ms where the wire can, which is no reason to refuse where it cannot.
   */
  readonly dedupeMs?: number
  /** Receipts mean "on disk"; refused with UNSUPPORTED where the transport has no disk. Default false. */
  readonly durable?: boolean
}

/**
 * Options of an event. With `retry` every group gets each message at least once, leased and retried; without it
 * at most once, and `leaseMs` and `durable` are refused while `key` only travels along.
 */
export interface EventOptions<In, Path extends string> extends DeliveryOptions<In, Path> {
  /** Messages that nobody handled within this time expire. Default: never. */
  readonly ttlMs?: number
}

/** Options of a queue, whose messages are always handled at least once. */
export interface QueueOptions<In, Path extends string> extends DeliveryOptions<In, Path> {
  /** Messages may be sent with a priority from 0 to 9. Default false. Not together with `key`. */
  readonly priority?: boolean
  /** Messages that nobody handled within this time become dead letters. Default: never. */
  readonly ttlMs?: number
}

/**
 * Options of a stream. What is kept is bounded: without any `keep` option the newest 100,000 records and at most
 * 67,108,864 bytes; with one, only by those that are given.
 */
export interface StreamOptions<In, Path extends string> extends DeliveryOptions<In, Path> {
  readonly keepMs?: number
  readonly keepCount?: number
  readonly keepBytes?: number
}

/** Options of a request besides its schemas. */
export interface RequestOptions<Path extends string, Streamed extends boolean> extends EveryOption<Path> {
  /** The reply is a sequence of values. Default false. */
  readonly streamed?: Streamed
  /** Deadline when the caller names none; default 30,000 ms. */
  readonly timeoutMs?: number
}

/** Options of a pair. */
export interface PairOptions<Path extends string> extends EveryOption<Path> {}
