/** Records of foreign producers that compress their batches. Our own never do. */

import { gunzipSync } from 'node:zlib'
import { compressionsAlgorithms } from '@platformatic/kafka'
import { BusError } from 'busbar/transport'
import { decompress as unzstd } from 'fzstd'

/** Of the attributes of a batch. */
const codecBits = 0b111

const codecs: Readonly<Record<number, (data: Buffer) => Uint8Array>> = {
  0: (data) => data,
  1: (data) => gunzipSync(data),
  2: unsnappy,
  3: (data) => compressionsAlgorithms.lz4.decompressSync(data),
  // Node has zstd of its own from 22.15 on.
  4: (data) => unzstd(data),
}

/** The records of a batch with these attributes; UNSUPPORTED for a codec that Kafka 4 does not have. */
export function decompress(data: Buffer, attributes: number): Buffer {
  const codec = codecs[attributes & codecBits]
  if (codec === undefined) {
    throw new BusError(
      'UNSUPPORTED',
      `A record batch has the compression ${attributes & codecBits}, which nobody knows.`,
    )
  }
  const { buffer, byteOffset, byteLength } = codec(data)
  return Buffer.from(buffer, byteOffset, byteLength)
}

const magic = Buffer.from('\x82SNAPPY\0', 'latin1')
/** The magic, a version and the oldest one that can read it. */
const headBytes = magic.byteLength + 8

/** Java's producer writes blocks of its own framing, each with its length before it; others one block and nothing else. */
function unsnappy(data: Buffer): Uint8Array {
  const { decompressSync } = compressionsAlgorithms.snappy
  if (!data.subarray(0, magic.byteLength).equals(magic)) return decompressSync(data)
  const blocks: Uint8Array[] = []
  let at = headBytes
  while (at < data.byteLength) {
    const end = at + 4 + data.readInt32BE(at)
    blocks.push(decompressSync(data.subarray(at + 4, end)))
    at = end
  }
  return Buffer.concat(blocks)
}
