/** What is written by hand is what the client would have written. */

import { createRequire } from 'node:module'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameWriter, type Sending } from '../src/publish-frames.js'

// The types of the client leave out what it does not export.
const { genContentFrames } = createRequire(import.meta.url)('rabbitmq-client/lib/codec.js') as {
  genContentFrames(channel: number, fields: object, body: Buffer, frameMax: number): Iterable<Buffer>
}
const frameMax = 131_072
const large = 0x1_0000_0000

const umlauts = fc.constantFrom('ä', 'Köln', 'é€')
const short = fc.oneof(fc.string({ maxLength: 255 }), umlauts, fc.string({ unit: 'binary', maxLength: 30 }))
const long = fc.oneof(fc.string(), umlauts, fc.string({ unit: 'binary' }), fc.string({ minLength: 3_000 }))
const headers = fc.dictionary(short, long, { noNullPrototype: true })
const required = fc.record({ headers, exchange: short, routingKey: short, mandatory: fc.boolean() })
const optional = fc.record(
  {
    ...{ durable: fc.boolean(), priority: fc.nat({ max: 255 }), timestamp: fc.nat({ max: large * 2 }) },
    ...{ contentType: short, contentEncoding: short, correlationId: short, replyTo: short },
    ...{ expiration: short, messageId: short },
  },
  { requiredKeys: [] },
)
const publish = fc.record({
  sending: fc.tuple(required, optional).map(([must, may]): Sending => ({ ...must, ...may })),
  body: fc.oneof(
    fc.uint8Array(),
    fc.integer({ min: 4_000, max: 9_000 }).map((size) => new Uint8Array(size)),
  ),
})

function ofClient(sending: Sending, body: Uint8Array): Buffer {
  const fields = { ...sending, deliveryMode: sending.durable === true ? 2 : 1, rsvp1: 0 }
  return Buffer.concat([...genContentFrames(7, fields, Buffer.from(body), frameMax)])
}

test('Q1 every byte of any publishes is as the client would write it', () => {
  fc.assert(
    fc.property(fc.array(publish, { maxLength: 8 }), fc.nat({ max: 8 }), (all, pause) => {
      const writer = new FrameWriter(7, frameMax)
      const pieces: Uint8Array[] = []
      for (const [index, { sending, body }] of all.entries()) {
        writer.add(sending, body)
        if (index === pause) pieces.push(...writer.take())
      }
      pieces.push(...writer.take())
      expect(
        Buffer.concat(pieces).equals(Buffer.concat(all.map((one) => ofClient(one.sending, one.body)))),
      ).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('Q1 a publish that takes all the memory its bound allows is as the client would write it', () => {
  const euros = '€'.repeat(80)
  // Each name is one character of three bytes.
  const names = Array.from({ length: 9_000 }, (_, index) => String.fromCharCode(0x4e00 + index))
  const many = Object.fromEntries(names.map((name) => [name, '']))
  for (const headers of [{ [euros]: '€'.repeat(40_000) }, many]) {
    const sending: Sending = { routingKey: euros, exchange: euros, messageId: euros, headers }
    const body = new Uint8Array(4_096).fill(7)
    const writer = new FrameWriter(7, frameMax)
    writer.add(sending, body)
    expect(Buffer.concat(writer.take()).equals(ofClient(sending, body))).toBe(true)
  }
})

test('Q1 a payload of several frames is whole, and no frame is larger than agreed', () => {
  const most = 5_008
  const body = Buffer.from(Array.from({ length: 12_345 }, (_, at) => at % 251))
  const writer = new FrameWriter(1, most)
  writer.add({ routingKey: 'jobs', headers: {} }, body)
  const bytes = Buffer.concat(writer.take())
  const parts: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at + 3)
    expect([size + 8 <= most, bytes[at + 7 + size]]).toEqual([true, 0xce])
    if (bytes[at] === 3) parts.push(bytes.subarray(at + 7, at + 7 + size))
    at += size + 8
  }
  expect([parts.length, Buffer.concat(parts).equals(body)]).toEqual([3, true])
})

test('F11 headers that fit into no frame are TOO_LARGE, and nothing of their publish is written', () => {
  const writer = new FrameWriter(7, frameMax)
  const fitting: Sending = { routingKey: 'jobs', headers: { own: 'x' } }
  const body = Buffer.from('{}')
  writer.add(fitting, body)
  const sending: Sending = { routingKey: 'jobs', headers: { own: 'x'.repeat(frameMax) } }
  expect(() => writer.add(sending, body)).toThrow(
    expect.objectContaining({ code: 'TOO_LARGE', outcome: 'rejected' }),
  )
  writer.add(fitting, body)
  const once = ofClient(fitting, body)
  expect(Buffer.concat(writer.take()).equals(Buffer.concat([once, once]))).toBe(true)
})

test('a name that no field of AMQP can hold is cut between characters', () => {
  const writer = new FrameWriter(7, frameMax)
  writer.add({ routingKey: '€'.repeat(100), headers: {} }, new Uint8Array(0))
  const [bytes = new Uint8Array(0)] = writer.take()
  // Behind the head of the frame, the method, a reserved field and the empty name of the exchange.
  const at = 7 + 4 + 2 + 1
  const length = bytes[at] ?? 0
  expect(Buffer.from(bytes.subarray(at + 1, at + 1 + length)).toString()).toBe('€'.repeat(85))
})
