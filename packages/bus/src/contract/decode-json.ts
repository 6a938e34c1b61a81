/** Bytes of unknown origin to plain data: depth is counted before anything is parsed, and UTF-8 is never mended. */

import { BusError } from '../errors.js'
import { maxDepth } from './inspect-value.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes one JSON value. DEPTH_EXCEEDED beyond `levels` (default 64) of nesting, UNENCODABLE for bytes that are not
 * UTF-8 or not JSON. Keys such as `__proto__` become own members like any other.
 */
export function decodeJson(bytes: Uint8Array, levels = maxDepth): unknown {
  if (isDeep(bytes, levels)) {
    throw new BusError('DEPTH_EXCEEDED', `A received payload nests deeper than ${levels} levels.`)
  }
  try {
    return JSON.parse(utf8.decode(bytes))
  } catch {
    // The cause is left out: its message quotes the payload.
    throw new BusError('UNENCODABLE', 'A received payload is not JSON in UTF-8.')
  }
}

const quote = 0x22
const backslash = 0x5c

/** `[` and `{` differ by one bit only, and so do `]` and `}`; no byte of a longer UTF-8 sequence equals any of them. */
const isOpening = (byte: number): boolean => (byte | 0x20) === 0x7b
const isClosing = (byte: number): boolean => (byte | 0x20) === 0x7d

function isDeep(bytes: Uint8Array, levels: number): boolean {
  // Nearly every payload has fewer brackets in all than levels are allowed, and counting them is cheap.
  let openings = 0
  for (let index = 0; index < bytes.length; index++) {
    if (isOpening(bytes[index] ?? 0)) openings++
  }
  return openings > levels && deepest(bytes, levels) > levels
}

/** The deepest level outside strings; stops at the first one too many. */
function deepest(bytes: Uint8Array, levels: number): number {
  let depth = 0
  let inString = false
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0
    if (inString) {
      if (byte === backslash) index++
      else if (byte === quote) inString = false
    } else if (byte === quote) inString = true
    else if (isOpening(byte)) {
      if (++depth > levels) return depth
    } else if (isClosing(byte)) depth--
  }
  return levels
}
