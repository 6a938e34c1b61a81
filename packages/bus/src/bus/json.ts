/** JSON as it travels: UTF-8 bytes of one value, or the text that was read from them. */

import { maxDepth } from '../contract/inspect-value.js'

const encoder = new TextEncoder()

/** Encodes a value that passed the inspection; it has a JSON form by then. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/** True when a text cannot nest deeper than allowed, because it has no more brackets than levels; most have few. */
export function isSurelyShallow(text: string): boolean {
  return leftOf(text, '{', leftOf(text, '[', maxDepth)) >= 0
}

/** How many of `most` are left after counting a character; negative as soon as there are more. */
function leftOf(text: string, character: string, most: number): number {
  let left = most
  for (let at = text.indexOf(character); at >= 0 && left >= 0; at = text.indexOf(character, at + 1)) left--
  return left
}
