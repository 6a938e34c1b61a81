/** What is written by hand is read by the client as the same message. */

import rhea from 'rhea'
import { expect, test } from 'vitest'
import { encode } from '../src/encoding.js'
import type { Outgoing } from '../src/messages.js'

// The types of rhea leave out what its own interface offers to readers of raw messages.
const { decode } = rhea.message as unknown as { decode(data: Buffer): Record<string, unknown> }
const long = 'ä€😀'.repeat(100)

test('Q1 every field and every length of text comes back as it was written', () => {
  const message: Outgoing = {
    ...{ durable: true, priority: 9, ttl: 2 ** 32 - 1, delayMs: 2 ** 40, creation_time: -86_400_001 },
    ...{ message_id: 'id', to: 'a', subject: long, reply_to: '', correlation_id: '€'.repeat(85) },
    ...{ content_type: 'application/json', group_id: 'g'.repeat(256), absolute_expiry_time: 2 ** 45 + 1 },
    application_properties: { one: 'eins', [long]: long, empty: '' },
    body: Buffer.alloc(300, 'x'),
  }
  const read = decode(encode(message))
  const { delayMs, body, creation_time, absolute_expiry_time, ...same } = message
  expect(read).toMatchObject({
    ...same,
    creation_time: new Date(-86_400_001),
    absolute_expiry_time: new Date(2 ** 45 + 1),
    message_annotations: { 'x-opt-delivery-delay': delayMs },
    body: { content: body },
  })
})

test('Q1 what is not there is not read, and a short payload is whole', () => {
  const read = decode(encode({ body: new Uint8Array([1, 2, 3]) }))
  expect({ ...read }).toEqual({ durable: false, application_properties: {}, body: expect.anything() })
  expect(read.body).toMatchObject({ content: Buffer.from([1, 2, 3]) })
})

/** Sections as a reader finds them who skips by the sizes they give, which the client does not look at. */
function sectionsOf(bytes: Buffer): number[] {
  const sections: number[] = []
  for (let at = 0; at < bytes.length; ) {
    expect([bytes[at], bytes[at + 1]]).toEqual([0x00, 0x53])
    sections.push(bytes[at + 2] ?? 0)
    const type = bytes[at + 3]
    // A short binary has one byte of size; lists, maps and long ones have four.
    at += type === 0xa0 ? 5 + bytes.readUInt8(at + 4) : 8 + bytes.readUInt32BE(at + 4)
  }
  return sections
}

test('Q1 each section is as long as it says', () => {
  const body = Buffer.alloc(300)
  expect(sectionsOf(encode({ body: Buffer.alloc(3) }))).toEqual([0x70, 0x73, 0x74, 0x75])
  expect(sectionsOf(encode({ delayMs: 1, body }))).toEqual([0x70, 0x72, 0x73, 0x74, 0x75])
})

test('Q1 texts around the length that one byte can hold come back', () => {
  const texts = [84, 85, 86, 100, 255, 256].flatMap((length) => ['a'.repeat(length), '€'.repeat(length)])
  for (const text of texts) {
    expect(decode(encode({ subject: text, body: Buffer.alloc(0) })).subject).toBe(text)
  }
})
