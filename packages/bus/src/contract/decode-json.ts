/** Bytes of unknown origin to plain data: depth is counted before anything is parsed, and UTF-8 is never mended. */

import { BusError } from '../errors.js'
import { maxDepth } from './inspect-value.js'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decodes one JSON value. DEPTH_EXCEEDED beyond `levels` (default 64) of nesting, UNENCODABLE for bytes that are not
 * UTF-8 or not JSON. Keys such as `__proto__` become own members like any other.
 */
export function decodeJson(bytes: Uint8Array, levels = maxDepth): unknown {
  try {
    const text = utf8.decode(bytes)
    if (isSurelyShallow(text, levels) || deepest(bytes, levels) <= levels) return JSON.parse(text)
  } catch {
    // The cause is left out: its message quotes the payload.
    throw new BusError('UNENCODABLE', 'A received payload is not JSON in UTF-8.')
  }
  throw new BusError('DEPTH_EXCEEDED', `A received payload nests deeper than ${levels} levels.`)
}

/** True when a text cannot nest deeper than allowed, because it has no more brackets than levels; most have few. */
export function isSurelyShallow(text: string, levels = maxDepth): boolean {
  return leftOf(text, '{', leftOf(text, '[', levels)) >= 0
}

/** How many of `most` are left after counting a character; negative as soon as there are more. */
function leftOf(text: string, character: string, most: number): number {
  let left = most
  for (let at = text.indexOf(character); at >= 0 && left >= 0; at = text.indexOf(character, at + 1)) left--
  return left
}

const quote = 0x22
const backslash = 0x5c

/** `[` and `{` differ by one bit only, and so do `]` and `}`; no byte of a longer UTF-8 sequence equals any of them. */
const isOpening = (byte: number): boolean => (byte | 0x20) === 0x7b
const isClosing = (byte: number): boolean => (byte | 0x20) === 0x7d

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
