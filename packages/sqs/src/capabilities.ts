/** What Amazon SQS can do under a bus, as data. */

import { type Capabilities, type Feature, features, type Support } from 'busbar/transport'

const claims: ReadonlyMap<Feature, Support> = new Map<Feature, Support>([
  ['queue', 'native'],
  ['queue.retry', 'native'],
  ['queue.order', 'native'],
  ['queue.lease', 'native'],
  // Whole seconds by the queue, the rest of a second by the worker.
  ['queue.delay', 'emulated'],
  // By the worker: the retention of a queue is no shorter than a minute and known to no single message.
  ['queue.expiry', 'emulated'],
  ['event', 'emulated'],
  ['event.groups', 'emulated'],
  ['event.each', 'emulated'],
  ['event.path', 'emulated'],
  ['event.retry', 'emulated'],
  ['deadletters', 'emulated'],
])

/** The longest `DelaySeconds`. */
export const maxDelayMs = 900_000
/** What is kept free in each message for attributes, those of a dead letter included. */
export const attributeBytes = 32_768

/** The largest payload of any bytes: as base64, and with its attributes, it fits into `messageBytes`. */
export const payloadBytes = (messageBytes: number): number =>
  Math.floor(((messageBytes - attributeBytes) * 3) / 4)

export function capabilitiesOf(messageBytes: number): Capabilities {
  return Object.freeze({
    // The entries were made from the list of all features.
    features: Object.freeze(
      Object.fromEntries(features.map((name) => [name, claims.get(name) ?? 'none'])),
    ) as Readonly<Record<Feature, Support>>,
    limits: Object.freeze({ maxMessageBytes: payloadBytes(messageBytes), maxDelayMs }),
  })
}
