import { EncodedBody, type Message } from 'busbar/transport'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameReader } from '../src/frame-reader.js'
import { FrameWriter } from '../src/frame-writer.js'
import { Detacher, endWithMessage, WireMessage } from '../src/wire-message.js'

const base: Message = {
  id: '01a2046d-5fea-7a69-adb7-a7a262e0c9d5',
  address: 'shop.order',
  key: undefined,
  headers: {},
  time: 1_700_000_000_000,
  body: new EncodedBody('json', new Uint8Array([0x31])),
}

function encoded(message: Message, slabBytes = 64): Uint8Array {
  const out = new FrameWriter(slabBytes)
  out.begin(1, 0)
  endWithMessage(out, 'shop.order', message)
  const bytes: number[] = []
  out.handOver((chunk) => {
    bytes.push(...chunk)
    return true
  })
  return Uint8Array.from(bytes.slice(6))
}

const read = (bytes: Uint8Array): WireMessage => new WireMessage('shop.order', new FrameReader().reset(bytes))
const roundTrip = (message: Message): WireMessage => read(encoded(message))
const plain = ({ id, address, key, headers, time, body }: Message) => ({
  id,
  address,
  key,
  headers: { ...headers },
  time,
  codec: body.codec,
  bytes: [...body.bytes()],
})

const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })

describe('messages', () => {
  it('come out of the frame as they went in, forwarded or not, whatever the slab cuts', () => {
    const messages = fc.record({
      id: fc.oneof(fc.uuid(), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })),
      address: fc.oneof(
        fc.constant('shop.order'),
        words.map((word) => `shop.order.${word}`),
      ),
      key: fc.option(fc.string({ unit: 'grapheme', maxLength: 300 }), { nil: undefined }),
      headers: fc.dictionary(words, fc.string({ unit: 'grapheme', maxLength: 300 }), { maxKeys: 5 }),
      time: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
      body: fc
        .tuple(fc.constantFrom('json', 'cbor'), fc.uint8Array({ maxLength: 100 }))
        .map(([codec, bytes]) => new EncodedBody(codec, bytes)),
    })
    const run = (message: Message, slabBytes: number): void => {
      const once = read(encoded(message, slabBytes))
      expect(plain(once)).toEqual(plain(message))
      expect(plain(roundTrip(once))).toEqual(plain(message))
      expect(plain(new Detacher().detach(once))).toEqual(plain(message))
    }
    fc.assert(fc.property(messages, fc.integer({ min: 8, max: 400 }), run))
  })

  it('headers are written from memory only for an object that cannot have changed', () => {
    const out = new FrameWriter(64)
    const write = (headers: Message['headers'], key?: string): Message['headers'] => {
      const bytes: number[] = []
      out.begin(1, 0)
      endWithMessage(out, 'shop.order', { ...base, headers, key })
      out.handOver((chunk) => bytes.push(...chunk) > 0)
      return { ...read(Uint8Array.from(bytes.slice(6))).headers }
    }
    const frozen = Object.freeze({ source: 'shop', tenant: 'a' })
    const open = { source: 'shop' }
    expect(write(frozen, 'of another length')).toEqual(frozen)
    expect(write(frozen)).toEqual(frozen)
    expect(write(open)).toEqual({ source: 'shop' })
    open.source = 'market'
    expect(write(open)).toEqual({ source: 'market' })
    expect(write(Object.freeze({}))).toEqual({})
    expect(write(frozen)).toEqual(frozen)
  })

  it.each([
    ['a\tb', false],
    ['a\nb', true],
    ['a\u007f', true],
    ['\u00fc', false],
  ])('F16 sees without decoding whether %j has a control character', (text, expected) => {
    expect(roundTrip({ ...base, headers: { ok: 'ok', last: text } }).hasControlCharacter).toBe(expected)
    expect(roundTrip({ ...base, headers: { [text]: '', last: 'ok' } }).hasControlCharacter).toBe(expected)
  })

  it.each([
    '01a2046d-5fea-7a69-adb7-a7a262e0c9d5',
    '01A2046D-5fea-7a69-adb7-a7a262e0c9d5',
    '01a2046d_5fea-7a69-adb7-a7a262e0c9d5',
    '01a2046d-5fea-7a69-adb7-a7a262e0c9dg',
    'g1a2046d-5fea-7a69-adb7-a7a262e0c9d5',
    '01a2046d-5fea-7a69-adb7-a7a262e0c9d\u00fc',
    '01a2046d5fea7a69adb7a7a262e0c9d50000',
  ])('an id comes out as it went in, whether it is a UUID or nearly one: %s', (id) => {
    expect(roundTrip({ ...base, id }).id).toBe(id)
  })

  it('F9 names of the prototype are plain headers', () => {
    const headers = Object.fromEntries([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ])
    const back = roundTrip({ ...base, headers }).headers
    expect(Object.keys(back)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(back, '__proto__')?.value).toBe('a')
  })

  it.each([
    ['an overlong form', [0xc0, 0xaf]],
    ['half a surrogate pair', [0xed, 0xa0, 0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['a stray byte', [0x80]],
  ])('F7 %s in an id is refused, not replaced', (_what, bytes) => {
    const frame = Uint8Array.from([0, 0, 0, 0, 0, 0, 1, bytes.length, ...bytes])
    expect(() => read(frame)).toThrow(/PROTOCOL_ERROR/)
  })

  it('F7 half a surrogate pair is not sent', () => {
    expect(() => encoded({ ...base, key: 'a\ud800' })).toThrow(/UNENCODABLE/)
  })

  it('an encoder that throws leaves the frames before it whole', () => {
    const out = new FrameWriter()
    out.begin(7, 0)
    out.end()
    out.begin(8, 0)
    expect(() => endWithMessage(out, 'shop.order', { ...base, id: 'x'.repeat(300) })).toThrow(/TOO_LARGE/)
    out.begin(9, 0)
    out.end()
    const sent: number[] = []
    out.handOver((chunk) => {
      sent.push(...chunk)
      return true
    })
    expect(sent).toEqual([0, 0, 0, 2, 7, 0, 0, 0, 0, 2, 9, 0])
  })

  it('a detached message does not share the memory it came in', () => {
    const bytes = encoded(base)
    const copy = new Detacher().detach(read(bytes))
    bytes.fill(0)
    expect(copy.id).toBe(base.id)
    expect(copy.data.buffer).not.toBe(bytes.buffer)
  })

  it('detached messages stay what they were, whatever is detached after them', () => {
    const detacher = new Detacher()
    const sizes = [10, 300, 900, 2_000, 40, 700, 700, 700, 9_000, 1]
    const copies = Array.from({ length: 40 }, (_, index) => {
      const body = new EncodedBody('json', new Uint8Array(sizes[index % sizes.length] ?? 0).fill(index))
      const bytes = encoded({ ...base, id: `m${index}`, key: 'k', headers: { index: `${index}` }, body })
      const copy = detacher.detach(read(bytes))
      bytes.fill(0)
      return { copy, size: body.size, index }
    })
    for (const { copy, size, index } of copies) {
      expect([copy.id, copy.key, copy.headers.index]).toEqual([`m${index}`, 'k', `${index}`])
      expect(copy.bytes()).toEqual(new Uint8Array(size).fill(index))
    }
  })

  it('a large payload is passed along, not copied', () => {
    const payload = new Uint8Array(100_000)
    const out = new FrameWriter()
    out.begin(1, 0)
    endWithMessage(out, 'shop.order', { ...base, body: new EncodedBody('json', payload) })
    const chunks: Uint8Array[] = []
    out.handOver((chunk) => {
      chunks.push(chunk)
      return true
    })
    expect(chunks.at(-1)).toBe(payload)
  })
})
