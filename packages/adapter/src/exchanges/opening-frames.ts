/** Openings: the message as anybody can read it, with the few headers that make it an exchange. */

import type { Channel, Message, OpenRequest } from 'busbar/transport'
import type { HeaderDialect } from '../dialect.js'
import { readMessage, writeHeaders } from '../headers.js'
import { exchangeHeader, numberIn, replyHeader, timeoutHeader, windowHeader } from './control-headers.js'
import type { Frame } from './lanes.js'

/** What an acceptor reads from an opening. */
export interface Opening {
  readonly exchangeId: string
  /** Where answers go. */
  readonly reply: string
  /** What the opener takes before it has handed it on; undefined for foreign callers, who know of no windows. */
  readonly windowBytes: number | undefined
  readonly timeoutMs: number | undefined
  readonly message: Message
}

export interface OpeningFacts {
  readonly exchangeId: string
  readonly inbox: string
  readonly windowBytes: number
  readonly dialect: HeaderDialect
}

export function writeOpening(
  { channel, message, timeoutMs }: OpenRequest,
  { exchangeId, inbox, windowBytes, dialect }: OpeningFacts,
): Frame {
  const headers = writeHeaders(dialect, channel, message)
  headers[exchangeHeader] = exchangeId
  headers[replyHeader] = inbox
  headers[windowHeader] = String(windowBytes)
  // A deadline that has passed still travels, as the shortest there is.
  if (timeoutMs !== undefined) headers[timeoutHeader] = String(Math.max(1, Math.ceil(timeoutMs)))
  return { headers, body: message.body.bytes() }
}

export interface OpeningSource {
  readonly channel: Channel
  readonly address: string | undefined
  readonly dialect: HeaderDialect
  readonly makeId: () => string
  readonly now: number
}

/** Undefined when it names nobody who waits for an answer. PROTOCOL_ERROR for numbers that are none. */
export function readOpening(frame: Frame, source: OpeningSource): Opening | undefined {
  const reply = frame.headers[replyHeader]
  if (reply === undefined) return undefined
  const { channel, address, dialect, makeId, now } = source
  return {
    exchangeId: frame.headers[exchangeHeader] ?? makeId(),
    reply,
    windowBytes: numberIn(frame, windowHeader),
    timeoutMs: numberIn(frame, timeoutHeader),
    message: readMessage(dialect, channel, {
      headers: frame.headers,
      data: frame.body,
      address,
      fallbackId: makeId,
      fallbackTime: () => now,
    }),
  }
}
