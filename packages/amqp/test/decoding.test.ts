/** What is read by hand is what the client reads, and bytes that are no message are no reason to fail. */

import { makeChannel } from '@busbar/conformance'
import rhea from 'rhea'
import { expect, test } from 'vitest'
import { type Arrived, decode } from '../src/decoding.js'
import { encode } from '../src/encoding.js'
import { fromAmqp, type Outgoing } from '../src/messages.js'

// The types of rhea leave out what its own interface offers to readers and writers of raw messages.
const client = rhea.message as unknown as {
  decode(bytes: Buffer): Arrived
  encode(message: object): Buffer
}
const channel = makeChannel('queue', 'shop.bag')
const ours: Outgoing = {
  ...{ durable: true, priority: 7, ttl: 1_000, delayMs: 5, message_id: 'id', subject: 'KL.1' },
  ...{ content_type: 'application/json', creation_time: 2 ** 41 + 17, group_id: 'KL' },
  application_properties: { 'cloudEvents:id': 'id', 'cloudEvents:time': '2026-01-01T00:00:00.000Z', a: '' },
  body: Buffer.from('{"kg":1}'),
}
const data = rhea.message.data_section(Buffer.from('{"kg":2}'))

const messages: Readonly<Record<string, Buffer>> = {
  ours: encode(ours),
  'beyond ASCII': encode({
    ...ours,
    application_properties: { ä: '€', [`${'x'.repeat(300)}`]: '😀'.repeat(99) },
  }),
  'beyond ASCII in the payload': encode({ ...ours, body: Buffer.from('"€"') }),
  'a long payload': encode({ ...ours, body: Buffer.alloc(70_000, 'x') }),
  'nothing but a payload': encode({ body: Buffer.alloc(0) }),
  'a time before the epoch': encode({ creation_time: -86_400_001, body: Buffer.from('1') }),
  redelivered: client.encode({ header: undefined, delivery_count: 3, priority: 4, body: data }),
  'a text': client.encode({ message_id: 'text', body: '{"kg":3}' }),
  'a value': client.encode({ body: { kg: 4, deep: [1, 2.5, null] } }),
  'a list': client.encode({ body: rhea.message.sequence_section([1, 'two']) }),
  'two parts': client.encode({ body: rhea.message.data_sections([Buffer.from('{'), Buffer.from('}')]) }),
  numbers: client.encode({
    application_properties: { one: 1, big: 2 ** 40, minus: -5, half: 0.5, yes: true, no: false, none: null },
    body: data,
  }),
  'a time as header': client.encode({
    application_properties: { at: new Date(1_700_000_000_123), never: rhea.types.wrap_timestamp(2 ** 60) },
    body: data,
  }),
  'an id that is empty': client.encode({ message_id: '', body: data }),
  'a number as id': client.encode({ message_id: 2 ** 40, correlation_id: 7, body: data }),
  'a binary id': client.encode({ message_id: Buffer.from([1, 2]), body: data }),
  annotated: client.encode({
    ...{ delivery_annotations: { a: 1 }, message_annotations: { 'x-opt-b': 'c' }, footer: { d: 1 } },
    body: data,
  }),
  'a user': client.encode({
    user_id: Buffer.from('me'),
    group_sequence: 3,
    reply_to_group_id: 'g',
    body: data,
  }),
}

for (const [name, bytes] of Object.entries(messages)) {
  test(`Q1 ${name} is read as the client reads it`, () => {
    const expected = fromAmqp(channel, client.decode(bytes), () => 0)
    const read = fromAmqp(channel, bytes, () => 0)
    expect(Buffer.from(read.message.body.bytes())).toEqual(Buffer.from(expected.message.body.bytes()))
    const facts = ({ message: { body, ...message }, ...rest }: typeof read) => ({ rest, message })
    expect(facts(read)).toEqual(facts(expected))
    expect(read.message.body.codec).toBe(expected.message.body.codec)
  })
}

test('a message that ends anywhere is read without an error', () => {
  for (const bytes of Object.values(messages)) {
    for (let end = 0; end < Math.min(bytes.length, 1_000); end += 1) decode(bytes.subarray(0, end))
  }
})

test('what is no message is the body of one', () => {
  const bytes = Buffer.from('neither described nor known')
  expect(decode(bytes)).toEqual({ body: bytes })
})

test('a time as header is text as JSON has it, and one beyond all dates is none', () => {
  const { headers } = fromAmqp(channel, messages['a time as header'] ?? Buffer.alloc(0), () => 0)
  expect(headers).toEqual({ at: '2023-11-14T22:13:20.123Z', never: 'Invalid Date' })
})
