/** What may be sent, before any schema is asked; and what comes back from bytes. */
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJson } from '../../src/contract/decode-json.js'
import { inspectValue } from '../../src/contract/inspect-value.js'

const nested = (levels: number, inner: unknown = 1): unknown =>
  Array.from({ length: levels }).reduce((value) => ({ a: value }), inner)
const encode = (text: string) => new TextEncoder().encode(text)

class Money {
  constructor(readonly cents: number) {}
}

describe('inspectValue', () => {
  it.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'NaN'],
    ['Infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['-Infinity', Number.NEGATIVE_INFINITY, '-Infinity'],
    ['-0', -0, '-0'],
    ['a bigint', 1n, 'a bigint'],
    ['a Date', new Date(0), 'an instance of Date'],
    ['a Map', new Map(), 'an instance of Map'],
    ['a Set', new Set(), 'an instance of Set'],
    ['bytes', new Uint8Array(1), 'an instance of Uint8Array'],
    ['a function', () => {}, 'a function'],
    ['a symbol', Symbol('s'), 'a symbol'],
    ['an instance', new Money(1), 'an instance of Money'],
    ['an array subclass', new (class Row extends Array {})(), 'an instance of Row'],
    ['inherited members', Object.create({ cents: 1 }), 'an instance of Object'],
    ['toJSON', { toJSON: () => 'x' }, 'a function'],
    ['a boxed string', Object('x'), 'an instance of String'],
  ])('F11 refuses %s and names the place', (_name, value, what) => {
    expect(() => inspectValue({ items: [{ price: value }] }, 'shop.paid')).toThrow(
      expect.objectContaining({
        code: 'UNENCODABLE',
        outcome: 'rejected',
        message: expect.stringContaining(`A payload of shop.paid has ${what}`),
        details: expect.objectContaining({ topic: 'shop.paid' }),
      }),
    )
    expect(() => inspectValue([value], 't')).toThrow('"0')
    expect(() => inspectValue(value, 't')).toThrow('UNENCODABLE')
  })

  it('F11 refuses undefined and holes where JSON would make them null', () => {
    expect(() => inspectValue(undefined, 't')).toThrow('UNENCODABLE')
    expect(() => inspectValue({ list: [1, undefined] }, 't')).toThrow('"list.1"')
    // biome-ignore lint/suspicious/noSparseArray: the hole is the case
    expect(() => inspectValue({ list: [1, , 2] }, 't')).toThrow('"list.1"')
  })

  it('F11 reports undefined members, which the wire leaves out', () => {
    expect(inspectValue({ a: 1, b: { c: undefined } }, 't').exact).toBe(false)
    expect(inspectValue({ a: 1, b: { c: null } }, 't').exact).toBe(true)
  })

  it('F8 counts 64 levels and not one more, and ends on cycles', () => {
    inspectValue(nested(64), 't')
    expect(() => inspectValue(nested(65), 't')).toThrow('DEPTH_EXCEEDED')
    expect(() => inspectValue(nested(500_000), 't')).toThrow('DEPTH_EXCEEDED')
    const loop: Record<string, unknown> = {}
    loop.left = loop
    loop.right = loop
    expect(() => inspectValue(loop, 't')).toThrow('DEPTH_EXCEEDED')
  })

  it('refuses a small graph that stands for a huge tree without walking it', () => {
    let graph: unknown = { leaf: true }
    for (let level = 0; level < 60; level++) graph = { left: graph, right: graph }
    expect(() => inspectValue(graph, 't', 1_048_576)).toThrow('TOO_LARGE')
    let lists: unknown = [1]
    for (let level = 0; level < 60; level++) lists = [lists, lists]
    expect(() => inspectValue(lists, 't', 1_048_576)).toThrow('TOO_LARGE')
  })

  it('F9 takes odd keys, objects without prototype and objects of another realm', () => {
    inspectValue(JSON.parse('{"__proto__":{"x":1},"constructor":1,"hasOwnProperty":null}'), 't')
    inspectValue(Object.assign(Object.create(null), { a: 1 }), 't')
    inspectValue(runInNewContext('({ a: [1, { b: [] }] })'), 't')
    expect(() => inspectValue(runInNewContext('({ a: new Map() })'), 't')).toThrow('UNENCODABLE')
  })

  it('gives an upper bound of the encoded size for every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false, maxDepth: 5 }), (value) => {
        const mended = JSON.parse(JSON.stringify(value).replace(/-0(?![.\de])/g, '0'))
        const size = encode(JSON.stringify(mended)).byteLength
        const { bytes } = inspectValue(mended, 't')
        expect(bytes).toBeGreaterThanOrEqual(size)
        // The limit for huge trees counts on this factor.
        expect(bytes).toBeLessThanOrEqual(25 * size)
      }),
    )
    expect(inspectValue(['\u0000\ud800', 1], 't').bytes).toBeGreaterThanOrEqual(
      encode(JSON.stringify(['\u0000\ud800', 1])).length,
    )
  })
})

describe('decodeJson', () => {
  it('F8 refuses depth before parsing, and brackets in strings are no depth', () => {
    for (const depth of [65, 5_000, 500_000]) {
      expect(() => decodeJson(encode('['.repeat(depth)))).toThrow('DEPTH_EXCEEDED')
      expect(() => decodeJson(encode('{"a":'.repeat(depth)))).toThrow('DEPTH_EXCEEDED')
    }
    expect(decodeJson(encode('['.repeat(64) + ']'.repeat(64)))).toBeInstanceOf(Array)
    const text = JSON.stringify({
      text: `"\\${'[{'.repeat(200)}`,
      list: Array.from({ length: 100 }, () => [{}]),
    })
    expect(decodeJson(encode(text))).toEqual(JSON.parse(text))
  })

  it('F7 refuses what is not UTF-8 or not JSON, without quoting it', () => {
    for (const bytes of [
      [0x22, 0xff, 0x22],
      [0x22, 0xc0, 0xaf, 0x22],
      [0x22, 0xed, 0xa0, 0x80, 0x22],
      [0x22, 0xe2, 0x82],
    ]) {
      expect(() => decodeJson(Uint8Array.from(bytes))).toThrow('UNENCODABLE')
    }
    for (const text of ['', '{', 'secret', '{"secret":}', '\ufeff1', '[1]]', 'NaN']) {
      expect(() => decodeJson(encode(text))).toThrow('UNENCODABLE')
    }
    try {
      decodeJson(encode('secret'))
    } catch (error) {
      expect(inspect(error)).not.toContain('secret')
    }
  })

  it('F9 keeps __proto__ as an own member', () => {
    const value = decodeJson(encode('{"__proto__":{"polluted":true}}'))
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect(Object.keys(Object(value))).toEqual(['__proto__'])
    expect('polluted' in {}).toBe(false)
  })

  it('F11 brings every JSON value back equal', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        expect(JSON.stringify(decodeJson(encode(text)))).toBe(text)
      }),
    )
    expect(decodeJson(encode(JSON.stringify(['\ud800', '\u0000', '', 2 ** 53 + 1])))).toEqual([
      '\ud800',
      '\u0000',
      '',
      2 ** 53 + 1,
    ])
  })
})
