/** What things are called at the broker, and what goes into bindings. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createNames, isWhole, shorten } from '../src/names.js'

const landed = { name: 'airport.landed', params: ['airline', 'flight'] }
const names = createNames('staging.')

describe('names', () => {
  test('are the names of topics behind the prefix', () => {
    expect(names.channel(landed)).toBe('staging.airport.landed')
    expect(names.dead(landed)).toBe('staging.airport.landed:dead')
    expect(names.routes(landed)).toBe('staging.airport.landed:routes')
    expect(names.group(landed, 'billing', 'airport.landed.**')).toBe('staging.airport.landed:group:billing')
    expect(names.group(landed, 'billing', 'airport.landed.*.*')).toBe('staging.airport.landed:group:billing')
    expect(names.group(landed, 'billing', 'airport.landed.KL.*')).toBe(
      'staging.airport.landed:group:billing:KL.*',
    )
  })

  test('routing keys are addresses, and bindings speak the language of the broker', () => {
    expect(names.routingKey(landed, 'airport.landed.KL.KL23')).toBe('airport.landed.KL.KL23')
    expect(names.bindingKey(landed, 'airport.landed.KL.*')).toBe('airport.landed.KL.*')
    expect(names.bindingKey(landed, 'airport.landed.**')).toBe('airport.landed.*.#')
    expect(names.bindingKey(landed, 'airport.landed.#.KL23')).toBe('airport.landed.*.KL23')
  })

  test('F15 no name and no key is longer than AMQP allows, and long tokens stay apart', () => {
    const long = (last: string) => `airport.landed.KL.${'x'.repeat(900)}${last}`
    const [one, two] = [names.routingKey(landed, long('1')), names.routingKey(landed, long('2'))]
    expect(Buffer.byteLength(one)).toBeLessThanOrEqual(255)
    expect(one).not.toBe(two)
    expect(names.bindingKey(landed, long('1'))).toBe(one)
    expect(Buffer.byteLength(names.group(landed, 'g'.repeat(300), landed.name))).toBeLessThanOrEqual(255)
  })

  test('with too many parts for 255 bytes the channel is routed as a whole', () => {
    const wide = { name: 'airport.wide', params: Array.from({ length: 30 }, (_, at) => `p${at}`) }
    const address = `airport.wide${'.token'.repeat(30)}`
    expect(names.routingKey(wide, address)).toBe('airport.wide')
    expect(names.bindingKey(wide, `airport.wide${'.*'.repeat(30)}`)).toBe('airport.wide')
  })

  test('shortened text fits, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (text) => {
        const short = shorten(text, 60)
        expect(Buffer.byteLength(short)).toBeLessThanOrEqual(60)
        if (Buffer.byteLength(text) <= 60) expect(short).toBe(text)
      }),
    )
  })

  test('a pattern that lets in all is told from one that does not', () => {
    expect(isWhole(landed, 'airport.landed.**')).toBe(true)
    expect(isWhole(landed, 'airport.landed.*.*')).toBe(true)
    expect(isWhole(landed, 'airport.landed.KL.*')).toBe(false)
  })
})
