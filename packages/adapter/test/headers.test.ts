import { makeChannel, makeMessage } from '@busbar/conformance'
import type { Message } from 'busbar/transport'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  codecOf,
  HeaderDialect,
  mediaTypeOf,
  type RawMessage,
  readMessage,
  writeHeaders,
} from '../src/index.js'

const channel = makeChannel('event', 'airport.landed', { params: ['airline', 'flight'] })
const now = { id: '0190-id', time: 1_700_000_000_123 }
const http = new HeaderDialect({ prefix: 'ce-' })
const amqp = new HeaderDialect({ prefix: 'cloudEvents:', contentType: '' })

const read = (headers: RawMessage['headers'], more: Partial<RawMessage> = {}, dialect = http): Message =>
  readMessage(dialect, channel, {
    headers,
    data: new Uint8Array(),
    fallbackId: () => 'made',
    fallbackTime: () => 7,
    ...more,
  })

describe('what is written', () => {
  const message = makeMessage(channel, 1, now, {
    path: ['KL', 'KL23'],
    key: 'gate-7',
    headers: { source: 'tower', traceparent: '00-aa-bb-01', colour: 'red' },
  })

  it('is CloudEvents in the spelling of the broker, with the user’s headers beside it', () => {
    expect(writeHeaders(http, channel, message)).toEqual({
      'ce-specversion': '1.0',
      'ce-id': '0190-id',
      'ce-type': 'airport.landed',
      'ce-time': '2023-11-14T22:13:20.123Z',
      'ce-subject': 'KL.KL23',
      'ce-partitionkey': 'gate-7',
      'ce-source': 'tower',
      'content-type': 'application/json',
      traceparent: '00-aa-bb-01',
      colour: 'red',
    })
  })

  it('has no media type where the broker has a field for it', () => {
    const headers = writeHeaders(amqp, channel, message)
    expect(headers).toMatchObject({ 'cloudEvents:id': '0190-id', 'cloudEvents:source': 'tower' })
    expect(Object.keys(headers)).not.toContain('content-type')
    expect(Object.keys(headers)).not.toContain('')
  })

  it('has the time of each message, also of one that is older than the last', () => {
    const at = (time: number) => writeHeaders(http, channel, { ...message, time })['ce-time']
    expect([at(1_000), at(1_000), at(1_001), at(1_000)]).toEqual([
      '1970-01-01T00:00:01.000Z',
      '1970-01-01T00:00:01.000Z',
      '1970-01-01T00:00:01.001Z',
      '1970-01-01T00:00:01.000Z',
    ])
  })
})

const tail = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/)
const name = fc.oneof(
  tail,
  fc.constantFrom('id', 'time', 'subject', 'content-type', 'source', 'constructor', 'correlationid'),
  fc
    .tuple(fc.constantFrom('ce-', 'busbar-', 'busbar-own-', 'cloudevents'), tail)
    .map((parts) => parts.join('')),
)
const value = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/\p{Cc}/u.test(text))

it('F11 whatever a user calls a header, it comes back, and so does everything else of the message', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(http, amqp),
      fc.dictionary(name, value, { maxKeys: 8 }),
      fc.option(tail, { nil: undefined }),
      fc.integer({ min: 0, max: 4_102_444_800_000 }),
      (dialect, headers, key, time) => {
        const message = {
          ...makeMessage(channel, 1, { id: 'm', time }, { headers, path: ['KL', '23'] }),
          key,
        }
        const back = read(writeHeaders(dialect, channel, message), {}, dialect)
        const { id, address, ...rest } = back
        expect({ id, address, key: rest.key, time: rest.time }).toEqual({
          id: 'm',
          address: message.address,
          key,
          time,
        })
        expect({ ...rest.headers }).toEqual({ ...headers })
      },
    ),
  )
})

describe('what a foreign publisher sent', () => {
  it('is taken as it is: what it left out is made up or comes from the broker', () => {
    const message = read(
      { Colour: 'red' },
      { address: 'airport.landed.KL.23', key: 'k', contentType: 'text/plain' },
    )
    const { id, address, key, time, headers, body } = message
    expect({ id, address, key, time, headers, codec: body.codec }).toEqual({
      ...{ id: 'made', address: 'airport.landed.KL.23', key: 'k', time: 7 },
      ...{ headers: { colour: 'red' }, codec: 'json' },
    })
  })

  it('without a subject has the address of the channel, and a time that is none counts as none', () => {
    expect(read({ 'ce-id': 'theirs', 'ce-time': 'yesterday' })).toMatchObject({
      id: 'theirs',
      address: 'airport.landed',
      time: 7,
    })
  })

  it('has an id of its own where theirs is empty', () => {
    expect(read({ 'ce-id': '' }).id).toBe('made')
  })

  it('F11 keeps no header that a user could not have sent, and no control of ours', () => {
    const { headers } = read({
      'x-split': 'a\r\nb',
      'two words': 'x',
      'busbar-dead-reason': 'rejected',
      'ce-dataschema': 'x',
      'ce-Mood': 'good',
      absent: undefined,
    })
    expect(headers).toEqual({ mood: 'good' })
  })

  it('F11 cannot give the headers another prototype', () => {
    const { headers } = read({ 'busbar-own-__proto__': 'x' })
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype)
    expect(Object.keys(headers)).toEqual(['__proto__'])
  })

  it('F11 with ever new names changes nothing for the names of others', () => {
    for (let each = 0; each < 2_000; each += 1)
      expect(read({ [`X-${each}`]: 'v' }).headers).toEqual({ [`x-${each}`]: 'v' })
    expect(read({ 'X-1': 'v', 'ce-source': 's', 'ce-id': 'i' }).headers).toEqual({ 'x-1': 'v', source: 's' })
  })
})

it('a media type names the codec, and whatever is not ours is tried as JSON', () => {
  expect([mediaTypeOf('json'), mediaTypeOf('compact')]).toEqual([
    'application/json',
    'application/vnd.busbar.compact',
  ])
  expect(['application/vnd.busbar.compact', 'application/json', 'image/png', undefined].map(codecOf)).toEqual(
    [...['compact', 'json', 'json', 'json']],
  )
})
