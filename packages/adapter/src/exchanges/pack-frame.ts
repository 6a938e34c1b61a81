/** Frames as one block of bytes, for wires without headers: a length, the headers as lines of text, the body. */

import { BusError } from 'busbar/transport'
import type { Frame } from './lanes.js'

const lengthBytes = 4
/** Far above what headers may have in all; a hostile length is refused before anything is made of it. */
const maxHeaderBytes = 262_144
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f]/
const utf8 = new TextEncoder()
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const bad = (what: string, cause?: unknown): BusError =>
  new BusError('PROTOCOL_ERROR', `A frame ${what}.`, cause === undefined ? {} : { cause })

/** UNENCODABLE for a header with control characters or without a name, TOO_LARGE for headers above 256 KiB in all. */
export function packFrame({ headers, body }: Frame): Uint8Array {
  const lines: string[] = []
  for (const name of Object.keys(headers)) lines.push(name, headers[name] ?? '')
  const text = lines.join('\n')
  if (
    !isClean(text) ||
    (lines.length > 0 && (text.split('\n').length !== lines.length || hasNoName(lines)))
  ) {
    throw new BusError('UNENCODABLE', 'A header has no name or has a control character.', {
      outcome: 'rejected',
    })
  }
  const head = utf8.encode(text)
  if (head.byteLength > maxHeaderBytes) {
    throw new BusError('TOO_LARGE', `The headers have ${head.byteLength} bytes, ${maxHeaderBytes} travel.`, {
      outcome: 'rejected',
    })
  }
  const packed = new Uint8Array(lengthBytes + head.byteLength + body.byteLength)
  new DataView(packed.buffer).setUint32(0, head.byteLength)
  packed.set(head, lengthBytes)
  packed.set(body, lengthBytes + head.byteLength)
  return packed
}

/** The body is a view of what is given. PROTOCOL_ERROR for bytes that `packFrame` would not have made. */
export function unpackFrame(packed: Uint8Array): Frame {
  if (packed.byteLength < lengthBytes) throw bad('is too short')
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0)
  if (length > maxHeaderBytes || length > packed.byteLength - lengthBytes) throw bad('has a wrong length')
  const body = packed.subarray(lengthBytes + length)
  if (length === 0) return { headers: {}, body }
  const text = textOf(packed.subarray(lengthBytes, lengthBytes + length))
  const lines = text.split('\n')
  if (lines.length % 2 !== 0 || !isClean(text) || hasNoName(lines)) throw bad('has malformed headers')
  return { headers: headersOf(lines), body }
}

function textOf(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch (cause) {
    throw bad('has headers that are no UTF-8', cause)
  }
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < lines.length; at += 2) {
    const name = lines[at] ?? ''
    if (Object.hasOwn(headers, name)) throw bad('has a header twice')
    // Assignment to __proto__ would set the prototype instead of a header.
    if (name === '__proto__') throw bad('has a header of no good name')
    headers[name] = lines[at + 1] ?? ''
  }
  return headers
}

const isClean = (text: string): boolean => !unsafe.test(text)
const hasNoName = (lines: readonly string[]): boolean => lines.some((line, at) => at % 2 === 0 && line === '')
