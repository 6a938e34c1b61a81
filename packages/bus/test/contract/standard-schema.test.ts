/** One contract, three schema libraries: what each can prove at definition, and what all do alike. */
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../src/clock.js'
import { contract } from '../../src/contract/contract.js'
import { event } from '../../src/contract/factories.js'
import { validate } from '../../src/contract/validate.js'
import type { Schema } from '../../src/topic.js'

const { zod, valibot, bare, arktype } = contract('bags', {
  zod: event(z.object({ tag: z.string(), kg: z.number().max(32) }), { key: (bag) => bag.tag }),
  valibot: event(
    toStandardJsonSchema(v.object({ tag: v.string(), kg: v.pipe(v.number(), v.maxValue(32)) })),
    {
      key: (bag) => bag.tag,
    },
  ),
  bare: event(v.object({ tag: v.string(), kg: v.pipe(v.number(), v.maxValue(32)) })),
  arktype: event(type({ tag: 'string', kg: 'number <= 32' }), { key: (bag) => bag.tag }),
})

describe.each([
  ['zod', zod],
  ['valibot', valibot],
  ['valibot without JSON Schema', bare],
  ['arktype', arktype],
])('%s', (name, topic) => {
  const { input } = topic.wire

  it('gives the JSON form of the input where the library can', () => {
    if (name === 'valibot without JSON Schema') expect(input.json).toEqual({})
    else {
      expect(input.json).toMatchObject({
        type: 'object',
        properties: { tag: { type: 'string' }, kg: { type: 'number', maximum: 32 } },
      })
    }
  })

  it('is plain only where that is proven', () => {
    expect(input.plain).toBe(name === 'zod')
  })

  it('C1 validates, and issues have paths but no values of the payload', () => {
    expect(validate(input, { tag: 'KL-77', kg: 31 }, systemClock)).toMatchObject({
      value: { tag: 'KL-77', kg: 31 },
    })
    const heavy = validate(input, { tag: 'KL-77', kg: 41.125 }, systemClock)
    expect(heavy).toMatchObject({ issues: [{ path: 'kg', message: expect.stringMatching(/32/) }] })
    expect(JSON.stringify(heavy)).not.toContain('41.125')
    const wrong = validate(input, { tag: 987_654, kg: 'secret' }, systemClock)
    expect(wrong).toEqual({
      issues: expect.arrayContaining([
        { path: 'tag', message: expect.any(String) },
        { path: 'kg', message: expect.any(String) },
      ]),
    })
    expect(JSON.stringify(wrong)).not.toMatch(/987654|987,654|secret/)
    expect(validate(input, null, systemClock)).toHaveProperty('issues')
  })
})

it('two libraries that say the same in JSON Schema have one fingerprint', () => {
  const make = (schema: Parameters<typeof event>[0]) =>
    contract('a', { b: event(schema) }).b.channel.fingerprint
  expect(make(type({ tag: 'string', kg: 'number' }))).toBe(
    make(z.object({ tag: z.string(), kg: z.number() })),
  )
})

it.each<[string, Schema, string]>([
  ['arktype Date', type({ at: 'Date' }), 'Date'],
  ['arktype bigint', type({ cents: 'bigint' }), 'bigint'],
  ['arktype symbol', type('symbol'), 'symbol'],
  ['arktype Map', type({ m: 'Map' }), 'Map'],
  ['arktype undefined', type({ m: 'undefined' }), 'undefined'],
  ['valibot date', toStandardJsonSchema(v.object({ at: v.date() })), 'date'],
  ['valibot bigint', toStandardJsonSchema(v.object({ cents: v.bigint() })), 'bigint'],
  ['valibot map', toStandardJsonSchema(v.map(v.string(), v.string())), 'map'],
])('refuses %s, which has no JSON form', (_name, schema, what) => {
  expect(() => contract('a', { b: event(schema) })).toThrow(
    expect.objectContaining({ code: 'SCHEMA_UNSUPPORTED', message: expect.stringContaining(what) }),
  )
})

it('accepts constraints that JSON Schema merely cannot express', () => {
  contract('a', {
    narrowed: event(type('string').narrow((text) => text.length > 1)),
    parsed: event(type('string.date.parse')),
    patterns: event(type('/a/ & /b/')),
    optional: event(type({ 'name?': 'string', kind: "'a' | 'b'" })),
  })
})
