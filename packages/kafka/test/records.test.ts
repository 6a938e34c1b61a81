/** Batches as bytes, beside those of the client library. */

import { createRecordsBatch, Reader, readRecordsBatch, Writer } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { readBatches } from '../src/wire/record-reader.js'
import { type Payload, sizeOf, writeBatch } from '../src/wire/record-writer.js'

const time = 1_700_000_000_000
const head = { time, producerId: 7n, producerEpoch: 2, firstSequence: 9 }
const payloads: Payload[] = [
  {
    key: Buffer.from('KL23'),
    value: Buffer.from('{"gate":"B7"}'),
    headers: { ce_id: 'a', wide: 'Zürich 🛬' },
  },
  { key: undefined, value: null, headers: {} },
  { key: undefined, value: Buffer.alloc(70_000, 'x'), headers: { long: 'y'.repeat(9_000), empty: '' } },
]
const write = (all: readonly Payload[]): Buffer =>
  writeBatch(
    all,
    all.reduce((sum, one) => sum + sizeOf(one), 0),
    head,
  )
const everything = () => true

describe('batches of records', () => {
  it('are read by the client library as they were written, with a checksum that holds', () => {
    const bytes = write(payloads)
    const batch = readRecordsBatch(Reader.from(bytes))
    expect(batch).toMatchObject({ lastOffsetDelta: 2, producerId: 7n, producerEpoch: 2, firstSequence: 9 })
    expect([batch.firstTimestamp, batch.maxTimestamp]).toEqual([BigInt(time), BigInt(time)])
    expect(batch.records.map(({ key, value }) => [key, value])).toEqual(
      payloads.map(({ key = null, value }) => [key, value]),
    )
    const texts = batch.records.map(({ headers }) => headers.map(([name, text]) => [`${name}`, `${text}`]))
    expect(texts).toEqual(payloads.map(({ headers }) => Object.entries(headers)))
    const messages = payloads.map(({ key, value, headers }) => ({
      ...{ topic: 't', partition: 0, timestamp: BigInt(time) },
      // As the library has it for a tombstone, though its type does not say so.
      value: value as Buffer,
      headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
      ...(key !== undefined && { key }),
    }))
    const theirs = readRecordsBatch(Reader.from(createRecordsBatch(messages, { producerId: 7n })))
    const ours = readRecordsBatch(
      Reader.from(writeBatch(payloads, 100_000, { ...head, producerEpoch: 0, firstSequence: 0 })),
    )
    expect(ours.crc).toBe(theirs.crc)
  })

  it('of the library are read, compressed or not, also those that were cut off and those not wanted', () => {
    const record = (n: number) => ({
      ...{ topic: 't', partition: 0, timestamp: BigInt(time + n * 1_000_000_000) },
      ...{ key: Buffer.from(`k${n}`), value: Buffer.from(`v${n}`) },
      headers: new Map([[Buffer.from('__proto__'), Buffer.from(`h${n}`)]]),
    })
    const plain = createRecordsBatch([record(0), record(1), record(-1)]).buffer
    const packed = createRecordsBatch([record(3)], { compression: 'gzip' }).buffer
    packed.writeBigInt64BE(3n, 0)
    const all = Buffer.concat([plain, packed, plain.subarray(0, plain.byteLength - 1)])
    const { records, next } = readBatches(all, (offset) => offset !== 1)
    expect(next).toBe(4)
    expect(records.map(({ offset, time: at, key, value }) => [offset, at, `${key}`, `${value}`])).toEqual([
      [0, time, 'k0', 'v0'],
      [2, time - 1_000_000_000, 'k-1', 'v-1'],
      [3, time + 3_000_000_000, 'k3', 'v3'],
    ])
    expect(Object.entries(records[0]?.headers ?? {})).toEqual([['__proto__', 'h0']])
  })

  it.each(['gzip', 'snappy', 'lz4'] as const)(
    'are read as clients without the framing of Java pack them: %s',
    (compression) => {
      const value = Buffer.alloc(100_000, 'text that repeats ')
      const { buffer } = createRecordsBatch([{ topic: 't', partition: 0, value }], { compression })
      expect(buffer.byteLength).toBeLessThan(value.byteLength)
      expect(readBatches(buffer, everything).records.map((record) => record.value)).toEqual([value])
    },
  )

  it('that are packed in a way that nobody knows are UNSUPPORTED', () => {
    const bytes = write(payloads)
    bytes.writeInt16BE(5, 21)
    expect(() => readBatches(bytes, everything)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }))
  })

  it('are read text for text, also where a header begins as that of the record before', () => {
    const values = ['aaé b', 'aaé ', 'aaé b', 'aaé b', 'b', '', 'b'.repeat(100), 'b'.repeat(100)]
    const all = values.map((text) => ({ key: undefined, value: `"ü${text}"`, headers: { same: 'x', text } }))
    const { records } = readBatches(write(all), everything)
    expect(records.map(({ headers }) => ({ ...headers }))).toEqual(all.map(({ headers }) => headers))
    expect(records.map(({ value }) => `${value}`)).toEqual(all.map(({ value }) => value))
  })

  it('with marks of transactions count, though nobody is to see those', () => {
    const bytes = write(payloads)
    bytes.writeInt16BE(1 << 5, 21)
    expect(readBatches(bytes, everything)).toEqual({ records: [], next: 3 })
    expect(readBatches(Writer.create().buffer, everything)).toEqual({ records: [], next: -1 })
  })
})
