/** Headers of a message: own ones checked against injection and floods, tracing carried on from the message at hand. */

import { BusError } from '../errors.js'
import type { Headers, Message } from '../transport.js'

const maxHeaders = 64
const maxHeaderBytes = 16_384
const nameForm = /^[a-z0-9][a-z0-9._-]{0,127}$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const forbidden = /[\u0000-\u001f\u007f]/
/** What travels from a message to those it causes. */
const traced = ['traceparent', 'tracestate'] as const

/** The headers of a message that the bus itself gives. */
export function headersOf(
  plain: Headers,
  own: Readonly<Record<string, string>> | undefined,
  cause: Message | undefined,
): Headers {
  if (own === undefined && cause === undefined) return plain
  return { ...(cause === undefined ? {} : carriedOn(cause)), ...own, ...plain }
}

function carriedOn(cause: Message): Record<string, string> {
  const headers: Record<string, string> = {
    correlationid: cause.headers.correlationid ?? cause.id,
    causationid: cause.id,
  }
  for (const name of traced) {
    const value = cause.headers[name]
    if (value !== undefined) headers[name] = value
  }
  return headers
}

/** INVALID_OPTION for a bad name or value, TOO_LARGE for too many. */
export function checkHeaders(topic: string, headers: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(headers)
  let bytes = 0
  for (const name of names) {
    const value = headers[name]
    if (!nameForm.test(name)) {
      throw invalid(
        topic,
        `the header name ${JSON.stringify(name.slice(0, 64))} is not lower-case letters, digits, ".", "_" or "-"`,
      )
    }
    if (typeof value !== 'string' || forbidden.test(value) || !isWellFormed(value)) {
      throw invalid(topic, `the header "${name}" is not a string without control characters`)
    }
    // Three bytes are the most that UTF-8 needs for one UTF-16 unit.
    bytes += name.length + value.length * 3
  }
  if (names.length <= maxHeaders && (bytes <= maxHeaderBytes || exactBytes(headers) <= maxHeaderBytes)) return
  throw new BusError(
    'TOO_LARGE',
    `The headers of a message on "${topic}" are ${names.length} with about ${bytes} bytes; at most ${maxHeaders} with ${maxHeaderBytes} bytes are allowed.`,
    { details: { topic, headers: names.length }, outcome: 'rejected' },
  )
}

/** A lone surrogate would come back from UTF-8 as another character. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text)

function exactBytes(headers: Readonly<Record<string, unknown>>): number {
  return Object.entries(headers).reduce(
    (sum, [name, value]) => sum + name.length + new TextEncoder().encode(String(value)).byteLength,
    0,
  )
}

function invalid(topic: string, what: string): BusError {
  return new BusError('INVALID_OPTION', `In a message on "${topic}" ${what}.`, {
    details: { topic },
    outcome: 'rejected',
  })
}
