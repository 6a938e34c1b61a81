/** Channels and messages as the bus would make them, with every guarantee at a value that suits short tests. */

import { type Channel, EncodedBody, type Guarantees, type Kind, type Message } from 'busbar/transport'

export interface ChannelOptions {
  readonly guarantees?: Partial<Guarantees>
  readonly params?: readonly string[]
  readonly fingerprint?: string
}

const plain: Guarantees = {
  tracked: false,
  retry: { attempts: 5, backoff: 'fixed', initialMs: 1, maxMs: 1 },
  leaseMs: 30_000,
  ordered: false,
  priority: false,
  ttlMs: undefined,
  dedupeMs: undefined,
  maxBytes: 1_048_576,
  durable: false,
  keepMs: undefined,
  keepCount: undefined,
  keepBytes: undefined,
  streamed: false,
}

/** Of a channel that survives, as a bus would declare it. */
export const kept = { guarantees: { durable: true, dedupeMs: 120_000 } } satisfies ChannelOptions

/** A channel named `name`; queues and streams are tracked, events only if asked for. */
export function makeChannel(kind: Kind, name: string, options: ChannelOptions = {}): Channel {
  return {
    name,
    kind,
    params: options.params ?? [],
    guarantees: { ...plain, tracked: kind === 'queue' || kind === 'stream', ...options.guarantees },
    fingerprint: options.fingerprint ?? '00c0ffee00c0ffee',
  }
}

export interface MessageOptions {
  readonly id?: string
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Values of the channel's path tokens. */
  readonly path?: readonly string[]
  readonly time?: number
  /** Instead of the JSON text of the value. */
  readonly bytes?: Uint8Array
}

/** A message with `value` as its JSON payload; `now` gives the id and the time in ms that `options` leave out. */
export function makeMessage(
  channel: Channel,
  value: unknown,
  now: { readonly id: string; readonly time: number },
  options: MessageOptions = {},
): Message {
  return {
    id: options.id ?? now.id,
    address: [channel.name, ...(options.path ?? [])].join('.'),
    key: options.key,
    headers: options.headers ?? {},
    time: options.time ?? now.time,
    body: new EncodedBody('json', options.bytes ?? encode(value)),
  }
}

/** JSON as bytes. */
export function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

/** The JSON value of a payload; undefined when there are no bytes. */
export function decode(bytes: Uint8Array): unknown {
  return bytes.byteLength === 0 ? undefined : JSON.parse(new TextDecoder().decode(bytes))
}

/** The channel's address with the given tokens, `*` for the rest. */
export function patternOf(channel: Channel, path: readonly string[] = []): string {
  return [channel.name, ...channel.params.map((_, index) => path[index] ?? '*')].join('.')
}
