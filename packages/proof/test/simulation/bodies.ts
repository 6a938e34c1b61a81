/** Bodies that say which publish they belong to and follow from that, so that a changed byte shows. */

import { crc32 } from 'node:zlib'

const letters = Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789-_'.repeat(20))

/** `version` tells a mended body from the first. */
export function bodyOf(n: number, version: number, size: number): Uint8Array {
  const head = Buffer.from(`${n} ${version} ${size} `)
  const body = Buffer.alloc(head.length + size + 4)
  head.copy(body)
  for (let at = 0; at < size; at += letters.length)
    letters.copy(body, head.length + at, (n + at) % 30, Math.min(letters.length, ((n + at) % 30) + size - at))
  body.writeUInt32BE(crc32(body.subarray(0, -4)), body.length - 4)
  return body
}

/** Which publish a body belongs to; throws when it is not as it was sent. */
export function readBody(body: Uint8Array): { readonly n: number; readonly version: number } {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const [n = -1, version = -1, size = -1] = bytes.subarray(0, 40).toString('latin1').split(' ').map(Number)
  if (!(size >= 0 && size < 1_000_000) || !bytes.equals(bodyOf(n, version, size)))
    throw new Error('altered: a body is not as it was sent')
  return { n, version }
}
