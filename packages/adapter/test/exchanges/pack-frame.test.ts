/** Frames as bytes: what goes in comes out, and hostile bytes are refused by name. */

import { isBusError } from 'busbar/transport'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packFrame, unpackFrame } from '../../src/index.js'

const name = fc.string({ minLength: 1 }).filter((text) => /^[\x20-\x7e]+$/.test(text) && text !== '__proto__')
const value = fc
  .string({ unit: 'grapheme' })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a header may not have
  .filter((text) => !/[\u0000-\u001f\u007f]/.test(text))
const frame = fc.record({
  headers: fc
    .uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 12 })
    .map((entries) => Object.fromEntries(entries)),
  body: fc.uint8Array({ maxLength: 200 }),
})

describe('packed frames', () => {
  it('F11 any headers and any bytes come back as they were', () => {
    fc.assert(
      fc.property(frame, (given) => {
        expect(unpackFrame(packFrame(given))).toEqual(given)
      }),
    )
  })

  it('any bytes at all give a frame or PROTOCOL_ERROR', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(isSound(() => unpackFrame(bytes))).toBe(true)
      }),
      { numRuns: 2_000 },
    )
  })

  it('a good frame with some bytes changed gives a frame or PROTOCOL_ERROR', () => {
    fc.assert(
      fc.property(frame, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), (given, changes) => {
        const bytes = packFrame(given)
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        expect(isSound(() => unpackFrame(bytes))).toBe(true)
      }),
    )
  })

  it.each([
    ['too short', [0, 0]],
    ['longer headers than bytes', [0, 0, 0, 9, 97, 10, 98]],
    ['four gigabytes of headers', [255, 255, 255, 255, 97]],
    ['a name without a value', [0, 0, 0, 1, 97]],
    ['no name', [0, 0, 0, 2, 10, 97]],
    ['a header twice', [0, 0, 0, 7, 97, 10, 98, 10, 97, 10, 99]],
    ['broken UTF-8', [0, 0, 0, 3, 97, 10, 255]],
    ['a control character', [0, 0, 0, 3, 97, 10, 13]],
    ['a prototype', [0, 0, 0, 11, ...new TextEncoder().encode('__proto__\nx')]],
  ])('%s is PROTOCOL_ERROR', (_, bytes) => {
    expect(() => unpackFrame(Uint8Array.from(bytes))).toThrow('PROTOCOL_ERROR')
  })

  it('headers that could not be read back are refused before they travel', () => {
    const body = new Uint8Array(0)
    for (const headers of [{ a: 'x\ny' }, { 'a\nb': 'x' }, { '': 'x' }, { a: '\u0000' }]) {
      expect(() => packFrame({ headers, body })).toThrow('UNENCODABLE')
    }
    expect(() => packFrame({ headers: { a: 'x'.repeat(262_144) }, body })).toThrow('TOO_LARGE')
  })
})

/** True when it gives something or fails as it should. */
function isSound(attempt: () => unknown): boolean {
  try {
    attempt()
    return true
  } catch (error) {
    return isBusError(error, 'PROTOCOL_ERROR')
  }
}
