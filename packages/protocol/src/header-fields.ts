/** Message headers on the wire: a count, then name and value of each. */

import type { Headers } from 'busbar/transport'
import { BusError } from 'busbar/transport'
import { FrameReader } from './frame-reader.js'
import type { FrameWriter } from './frame-writer.js'
import { protocolError } from './protocol-error.js'

const maxHeaders = 255

/** TOO_LARGE for more than 255 headers, names over 255 bytes or values over 65,535 bytes. */
export function writeHeaders(out: FrameWriter, headers: Headers, names: readonly string[]): void {
  if (names.length > maxHeaders) {
    throw new BusError('TOO_LARGE', `A message has ${names.length} headers; at most ${maxHeaders} travel.`, {
      outcome: 'rejected',
    })
  }
  out.u8(names.length)
  for (const name of names) {
    out.text8(name)
    out.text16(headers[name] as string)
  }
}

/** Checks the headers at the reader's position and steps over them; true if one has a control character, tabs aside. */
export function skipHeaders(reader: FrameReader): boolean {
  let found = false
  for (let left = reader.u8(); left > 0; left--) {
    const length = reader.u8()
    if (length === 0) throw protocolError('A header has no name')
    const nameAt = reader.skipText(length)
    const valueAt = reader.skipText(reader.u16())
    found =
      found ||
      hasControlCharacter(reader.data, nameAt, nameAt + length) ||
      hasControlCharacter(reader.data, valueAt, reader.position)
  }
  return found
}

/** On bytes, since no byte of a longer UTF-8 sequence looks like one of them. */
function hasControlCharacter(data: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = data[i] as number
    if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return true
  }
  return false
}

export function readHeaders(reader: FrameReader): Headers {
  const headers: Record<string, string> = {}
  for (let left = reader.u8(); left > 0; left--) {
    const name = reader.text8()
    const value = reader.text16()
    // Assignment to this name would set the prototype instead of a header.
    if (name === '__proto__') {
      Object.defineProperty(headers, name, { value, enumerable: true, writable: true, configurable: true })
    } else headers[name] = value
  }
  return headers
}

/** Headers that were checked before. */
export function headersAt(data: Uint8Array, at: number): Headers {
  return readHeaders(new FrameReader().reset(data, at))
}
