/** Items as they travel from link to link, many in one ZeroMQ message: for whom, and an event or a packed frame. */

import { BusError } from 'busbar/transport'

export interface Item {
  /** Entries of the link; none for a frame of an exchange. */
  readonly numbers: readonly number[]
  readonly content: Buffer
}

const wordBytes = 4

/** A length, a count, the numbers, the content. */
export function writeItem(numbers: readonly number[], content: Uint8Array): Buffer {
  const head = wordBytes * (2 + numbers.length)
  const item = Buffer.allocUnsafe(head + content.byteLength)
  item.writeUInt32BE(item.byteLength - wordBytes, 0)
  item.writeUInt32BE(numbers.length, wordBytes)
  for (const [at, number] of numbers.entries()) item.writeUInt32BE(number, wordBytes * (2 + at))
  item.set(content, head)
  return item
}

/** Contents are views of what is given. PROTOCOL_ERROR for bytes that `writeItem` would not have made. */
export function* readItems(batch: Buffer): Generator<Item> {
  let at = 0
  while (at < batch.byteLength) {
    if (batch.byteLength - at < 2 * wordBytes) throw bad()
    const end = at + wordBytes + batch.readUInt32BE(at)
    const count = batch.readUInt32BE(at + wordBytes)
    const start = at + wordBytes * (2 + count)
    if (end > batch.byteLength || start > end) throw bad()
    const numbers: number[] = []
    for (let place = at + 2 * wordBytes; place < start; place += wordBytes) {
      numbers.push(batch.readUInt32BE(place))
    }
    yield { numbers, content: batch.subarray(start, end) }
    at = end
  }
}

const bad = (): BusError => new BusError('PROTOCOL_ERROR', 'A message of another link has wrong lengths.')
