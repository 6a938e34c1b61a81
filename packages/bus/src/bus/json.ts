/** JSON as it travels: UTF-8 bytes of one value. */

const encoder = new TextEncoder()

/** Encodes a value that passed the inspection; it has a JSON form by then. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}
