/** Addresses and patterns: what is allowed, and that any value finds its way through one and back. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkAddress, checkPattern, isReserved } from '../../src/address.js'
import { addressOf, paramsOf, patternOf } from '../../src/contract/address.js'

const landed = { name: 'airport.landed', params: ['airline', 'flight'] }
const plain = { name: 'airport.gate', params: [] }

describe('checkAddress and checkPattern', () => {
  it.each([
    'a',
    'airport.landed',
    'airport.landed.KL.KL23',
    'a.__proto__.constructor',
    'a.%2E',
    'a.é字',
    'a'.repeat(1_024),
    '$sys.stats',
  ])('accept %j', (address) => {
    checkAddress(address)
    checkPattern(address)
  })

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a b',
    'a\r\nb',
    'a\0',
    'a\x7f',
    'a\x85',
    'a\ud800',
    'a.%',
    'a.%2',
    'a.%2e',
    'a'.repeat(1_025),
    'é'.repeat(513),
    'x'.repeat(1_000_000),
  ])('F15 F7 refuse %j', (address) => {
    expect(() => checkAddress(address)).toThrow('INVALID_TOPIC')
    expect(() => checkPattern(address)).toThrow('INVALID_TOPIC')
  })

  it('F15 keeps wildcards to patterns', () => {
    for (const pattern of ['*', '**', 'a.*', 'a.*.b', 'a.**']) {
      checkPattern(pattern)
      expect(() => checkAddress(pattern)).toThrow('has a wildcard')
    }
    for (const pattern of ['**.a', 'a.***', 'a.b*', 'a.*b', 'a.**.**']) {
      expect(() => checkPattern(pattern)).toThrow('INVALID_TOPIC')
    }
  })

  it('refuses what is no string, and prints no control characters of a hostile name', () => {
    expect(() => checkAddress(1 as never)).toThrow('must be a string')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(() => checkAddress('a\x1b[2J\r\n')).not.toThrow(/[\x00-\x1f]/)
  })

  it('F14 knows the reserved names', () => {
    expect(isReserved('$sys.stats')).toBe(true)
    expect(isReserved('a.$b')).toBe(false)
  })
})

describe('typed paths', () => {
  it('make addresses and patterns', () => {
    expect(addressOf(landed, { airline: 'KL', flight: 'KL23' })).toBe('airport.landed.KL.KL23')
    expect(addressOf(landed, { airline: 'K.L', flight: '*%\n é' })).toBe('airport.landed.K%2EL.%2A%25%0A%20é')
    expect(patternOf(landed)).toBe('airport.landed.*.*')
    expect(patternOf(landed, { flight: '*' })).toBe('airport.landed.*.%2A')
    expect(addressOf(plain)).toBe('airport.gate')
    expect(patternOf(plain)).toBe('airport.gate')
    expect(paramsOf(plain, 'airport.gate')).toEqual({})
  })

  it('F9 bring every value back, also names of Object.prototype, and never collide', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }),
      fc.constantFrom(
        '__proto__',
        'constructor',
        'hasOwnProperty',
        '.',
        '*',
        '**',
        '%2E',
        '%',
        '$x',
        '\0',
        ' ',
      ),
    )
    fc.assert(
      fc.property(text, text, text, (airline, flight, other) => {
        const address = addressOf(landed, { airline, flight })
        checkAddress(address)
        checkPattern(patternOf(landed, { airline }))
        expect(paramsOf(landed, address)).toEqual({ airline, flight })
        expect(addressOf(landed, { airline, flight: other }) === address).toBe(other === flight)
      }),
    )
  })

  it('refuse missing, empty, unknown and unencodable values, and addresses of other topics', () => {
    expect(() => addressOf(landed, { airline: 'KL' })).toThrow(
      'path parameter "flight" is missing; pass it as params.flight',
    )
    expect(() => addressOf(landed, { airline: '', flight: 'x' })).toThrow(
      '"airline" must be a non-empty string',
    )
    expect(() => addressOf(landed, { airline: 1 as never, flight: 'x' })).toThrow('INVALID_TOPIC')
    expect(() => addressOf(landed, { airline: '\ud800', flight: 'x' })).toThrow('INVALID_TOPIC')
    expect(() => addressOf(landed, { airline: 'x'.repeat(1_100), flight: 'x' })).toThrow(
      'longer than 1024 bytes',
    )
    expect(() => addressOf(landed, { airline: 'a', flight: 'b', gate: 'c' })).toThrow(
      'params.gate is no parameter',
    )
    expect(() => patternOf(landed, { gate: 'c' })).toThrow(
      'where.gate is no parameter of the topic; its path has airline, flight',
    )
    expect(() => addressOf(plain, { gate: 'c' })).toThrow('the topic has no path')
    for (const address of [
      'airport.landed',
      'airport.landed.KL',
      'airport.landed.a.b.c',
      'airport.landedx.a.b',
      '',
    ]) {
      expect(() => paramsOf(landed, address)).toThrow('INVALID_TOPIC')
    }
    expect(() => paramsOf(plain, 'airport.gate.x')).toThrow('INVALID_TOPIC')
    expect(() => paramsOf(landed, 'airport.landed.%FF.x')).toThrow('INVALID_TOPIC')
  })
})
