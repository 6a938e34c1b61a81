/** Makes the message that travels from what a caller gave: id, address, key, headers, time, body. */

import type { Body } from '../body.js'
import { addressOf } from '../contract/address.js'
import { BusError } from '../errors.js'
import type { Message } from '../transport.js'
import type { Core } from './core.js'
import { headersOf } from './headers.js'
import type { KnownTopic } from './known-topics.js'

/** The options that concern the message itself; each verb has more. */
export interface MessageOptions {
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
  readonly params?: Readonly<Record<string, string>> | undefined
}

/** What of a topic concerns its messages. */
type MessageTopic = Pick<KnownTopic, 'topic' | 'channel' | 'headers'>

/** What a caller asked for, as far as the message is concerned; INVALID_OPTION, INVALID_TOPIC. */
export function makeMessage(
  core: Pick<Core, 'clock' | 'makeId'>,
  known: MessageTopic,
  given: { readonly value: unknown; readonly body: Body },
  options: MessageOptions | undefined,
  cause: Message | undefined,
): Message {
  const { channel } = known
  // The clock is read once: it is the dearest thing here.
  const time = core.clock.now()
  return {
    id: options?.id === undefined ? core.makeId(time) : checkText(channel.name, 'id', options.id, 255),
    address:
      options?.params === undefined && channel.params.length === 0
        ? channel.name
        : addressOf(channel, options?.params),
    key: keyOf(known, given.value, options),
    headers: headersOf(known.headers, options?.headers, cause),
    time,
    body: given.body,
  }
}

function keyOf(known: MessageTopic, value: unknown, options: MessageOptions | undefined): string | undefined {
  if (options?.key !== undefined) return checkText(known.channel.name, 'key', options.key, 1_024)
  const { keyOf: give } = known.topic.wire
  if (give === undefined) return undefined
  let key: unknown
  try {
    // The contract's own type ties `key` to the schema that this value has just passed.
    key = give(value as never)
  } catch (cause) {
    throw new BusError(
      'SCHEMA_INVALID',
      `The key of a message on "${known.channel.name}" could not be read from its payload.`,
      {
        cause,
        details: { topic: known.channel.name },
        outcome: 'rejected',
      },
    )
  }
  return checkText(known.channel.name, 'key', key, 1_024)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const unsafe = /[\u0000-\u001f\u007f]|\p{Surrogate}/u
const utf8 = new TextEncoder()

/** What a frame can carry; a bus in the hub's own process has no frame of its own to fail at. */
function checkText(topic: string, what: string, text: unknown, maxBytes: number): string {
  if (typeof text === 'string' && text !== '' && fits(text, maxBytes) && !unsafe.test(text)) return text
  throw new BusError(
    'INVALID_OPTION',
    `The ${what} of a message on "${topic}" is not a string of 1 to ${maxBytes} bytes without control characters or halves of surrogate pairs.`,
    { details: { topic, option: what }, outcome: 'rejected' },
  )
}

/** No character is longer than 3 bytes per UTF-16 unit, so that short texts need no encoding. */
function fits(text: string, maxBytes: number): boolean {
  if (text.length * 3 <= maxBytes) return true
  return text.length <= maxBytes && utf8.encode(text).byteLength <= maxBytes
}
