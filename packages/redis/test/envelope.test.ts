import { EncodedBody } from 'busbar/transport'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readEnvelope, writeEnvelope } from '../src/envelope.js'
import { channelOf, messageOf, payloadOf } from './support/link.js'

const channel = channelOf('event', 'airport.landed', {}, ['airline'])
const headers = { source: 'tower', traceparent: '00-1-2-01', mine: 'ü ,"data":1', id: 'not the id' }

test('an event comes back whole, its payload byte for byte', () => {
  const message = messageOf(
    channel,
    { a: [1, ',"data":'] },
    { address: 'airport.landed.KL', key: 'k', headers },
  )
  const back = readEnvelope(channel, writeEnvelope(channel, message), () => 5)
  expect({ ...back, body: payloadOf(back) }).toEqual({ ...message, body: payloadOf(message) })
  expect(Buffer.from(back.body.bytes())).toEqual(Buffer.from(message.body.bytes()))
})

test('it is CloudEvents in JSON for whoever else listens', () => {
  const message = messageOf(channel, { gate: 'B7' }, { address: 'airport.landed.KL' })
  expect(JSON.parse(writeEnvelope(channel, message).toString())).toEqual({
    specversion: '1.0',
    id: message.id,
    type: 'airport.landed',
    time: '2023-11-14T22:13:20.000Z',
    subject: 'KL',
    datacontenttype: 'application/json',
    data: { gate: 'B7' },
  })
})

test('payloads that are no JSON go as base64', () => {
  const body = new EncodedBody('bytes', new Uint8Array([0, 255, 10]))
  const text = writeEnvelope(channel, messageOf(channel, 0, { body })).toString()
  expect(JSON.parse(text).data_base64).toBe('AP8K')
  const back = readEnvelope(channel, Buffer.from(text), () => 5)
  expect([back.body.codec, [...back.body.bytes()]]).toEqual(['bytes', [0, 255, 10]])
})

test('foreign CloudEvents and bare payloads are events too', () => {
  const event = { id: 'e-1', specversion: '1.0', data: { gate: 'B7' }, source: '/elsewhere', subject: 'KL' }
  const given = readEnvelope(channel, Buffer.from(JSON.stringify(event)), () => 5)
  expect([given.id, given.address, given.headers.source]).toEqual(['e-1', 'airport.landed.KL', '/elsewhere'])
  expect(payloadOf(given)).toEqual({ gate: 'B7' })
  const bare = readEnvelope(channel, Buffer.from('{"gate":"B8"}'), () => 5)
  expect([bare.address, bare.time, payloadOf(bare)]).toEqual(['airport.landed', 5, { gate: 'B8' }])
})

test('whatever is published, reading it gives a message and never throws', () => {
  const hostile = fc.oneof(
    fc.uint8Array(),
    fc.string().map((text) => Buffer.from(`{"specversion":"1.0","data":${text}}`)),
    fc.json().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(hostile, (bytes) => {
      const { id, body } = readEnvelope(channel, Buffer.from(bytes), () => 5)
      expect(id.length).toBeGreaterThan(0)
      expect(body.bytes().byteLength).toBeLessThanOrEqual(bytes.byteLength * 2)
    }),
  )
})
