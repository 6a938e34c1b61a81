import { EncodedBody, type Message } from 'busbar/transport'
import { expect, it } from 'vitest'
import { readEvent, writeEvent } from '../src/event-form.js'

const whole: Message = {
  ...{ id: 'id-1', address: 'airport.landed.KL', key: 'KÖ23', time: 1_700_000_000_123 },
  // As a literal it would set the prototype.
  headers: JSON.parse('{"source":"tower","ce-id":"mine","__proto__":"odd"}'),
  body: new EncodedBody('cbor', Uint8Array.of(0, 255, 10)),
}

it('E1 an event comes out as it went in', () => {
  const { body, ...rest } = readEvent(writeEvent(whole))
  expect(rest).toEqual({ ...whole, body: undefined })
  expect(Object.keys(rest.headers)).toEqual(['source', 'ce-id', '__proto__'])
  expect([body.codec, ...body.bytes()]).toEqual(['cbor', 0, 255, 10])
  expect(readEvent(writeEvent({ ...whole, key: undefined })).key).toBeUndefined()
})

it('E1 a payload that is text travels as its bytes in UTF-8', () => {
  const text = '{"city":"Zürich 🛬"}'
  const bytes = new TextEncoder().encode(text)
  const body = { codec: 'json', size: bytes.byteLength, text: () => text, bytes: () => bytes, retain() {} }
  expect([...readEvent(writeEvent({ ...whole, body })).body.bytes()]).toEqual([...bytes])
})

it('F1 what no link would have made is refused with PROTOCOL_ERROR', () => {
  const event = writeEvent(whole)
  const headEnd = 4 + event.readUInt32BE(0)
  for (let end = 0; end < headEnd; end += 1) {
    expect(() => readEvent(event.subarray(0, end)), `${end} bytes`).toThrow(/PROTOCOL_ERROR/)
  }
  for (const head of ['{}', '["id","a",1]', '["id","a",1,"json",{"n":1}]', '[1,"a",1,"json",{}]', '[']) {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(head.length)
    expect(() => readEvent(Buffer.concat([length, Buffer.from(head)])), head).toThrow(/PROTOCOL_ERROR/)
  }
})

it('F2 headers above 256 KiB in all are refused with TOO_LARGE', () => {
  const headers = { source: 'x'.repeat(262_145) }
  expect(() => writeEvent({ ...whole, headers })).toThrow(/TOO_LARGE/)
})
