/** Messages as text and attributes: few of them, readable, and the same message comes out. */

import { EncodedBody } from 'busbar/transport'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readForm, writeForm } from '../src/message-form.js'
import { channelOf, messageOf } from './support/links.js'

const channel = channelOf('queue')
const facts = { id: 'id-1', time: 1_700_000_000_000, key: 'k' }
const there = (message: ReturnType<typeof messageOf>, control?: Record<string, string>) => {
  const { body, attributes } = writeForm(channel, message, control)
  return { body, attributes, back: readForm(channel, 'q', { Body: body, MessageAttributes: attributes }) }
}

describe('the form of a message', () => {
  it('JSON goes as it is, with at most seven attributes whatever there is to say', () => {
    const headers = { source: 'tower', traceparent: '00-1', tracestate: 'a=b', mine: 'x', other: '' }
    const { body, attributes, back } = there(messageOf(channel, { bag: 7 }, { ...facts, headers }), {
      due: '1',
    })
    expect(body).toBe('{"bag":7}')
    expect(Object.keys(attributes).sort()).toEqual([
      'busbar',
      'ce',
      'content-type',
      'headers',
      'traceparent',
      'tracestate',
    ])
    expect(back.message.headers).toEqual(headers)
    expect([back.message.id, back.message.key, back.message.time]).toEqual(['id-1', 'k', facts.time])
    expect(back.control).toEqual({ due: '1' })
  })

  it('any bytes come back, and the body is never empty nor holds what SQS refuses', () => {
    const utf8 = new TextEncoder()
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.string({ unit: 'grapheme' }).map((text) => utf8.encode(text)),
      fc.json().map((text) => utf8.encode(text)),
    )
    fc.assert(
      fc.property(bytes, fc.constantFrom('json', 'msgpack'), (data, codec) => {
        const message = { ...messageOf(channel, 0, facts), body: new EncodedBody(codec, data) }
        const { body, back } = there(message)
        expect(body).not.toBe('')
        expect(body).toMatch(/^[\t\n\r\u0020-\ud7ff\ue000-\ufffd]+$/)
        expect([...back.message.body.bytes()]).toEqual([...data])
        expect(back.message.body.codec).toBe(codec)
      }),
    )
  })

  it('what came as text is read as text, unless that is no UTF-8', () => {
    const bodyOf = (Body: string) => readForm(channel, 'q', { Body }).message.body
    expect([bodyOf('{"a":"ü"}').text?.(), bodyOf('{"a":"ü"}').size]).toEqual(['{"a":"ü"}', 10])
    expect(bodyOf('"\ud800"').text?.()).toBeUndefined()
    expect([...bodyOf('"\ud800"').bytes()]).toEqual([0x22, 0xef, 0xbf, 0xbd, 0x22])
  })

  it('its size is what SQS counts: body, names, types and values', () => {
    const { bytes, body, attributes } = writeForm(channel, messageOf(channel, 'ü', facts))
    const counted = Object.entries(attributes).map(
      ([name, { DataType = '', StringValue = '' }]) =>
        name.length + DataType.length + Buffer.byteLength(StringValue),
    )
    expect(bytes).toBe(counted.reduce((sum, count) => sum + count, Buffer.byteLength(body)))
  })

  it('attributes that are no JSON objects are headers, as are those of foreign clients', () => {
    const MessageAttributes = {
      ce: { DataType: 'String', StringValue: 'not json' },
      headers: { DataType: 'String', StringValue: '["a"]' },
      Gate: { DataType: 'String', StringValue: 'B7' },
      weight: { DataType: 'Number', StringValue: '7' },
      picture: { DataType: 'Binary', BinaryValue: Uint8Array.of(1) },
    }
    const { message } = readForm(channel, 'q', {
      ...{ MessageId: 'm-1', Body: '1', MessageAttributes },
      Attributes: { SentTimestamp: '5', MessageGroupId: 'group' },
    })
    expect(message.headers).toEqual({ ce: 'not json', headers: '["a"]', gate: 'B7', weight: '7' })
    expect([message.key, message.time]).toEqual(['group', 5])
  })
})
