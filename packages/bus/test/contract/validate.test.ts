/** Nothing a schema does may hurt: it only ever makes a value valid or invalid. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { contract } from '../../src/contract/contract.js'
import { event } from '../../src/contract/factories.js'
import { validate } from '../../src/contract/validate.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import type { Schema } from '../../src/topic.js'

const define = (schema: Schema) => contract('a', { b: event(schema) }).b.wire.input
const clock = new ManualClock()

const schema = (run: (value: unknown) => never | Promise<never>): Schema => ({
  '~standard': { version: 1, vendor: 'test', validate: run },
})

describe('validate', () => {
  it.each<[string, Schema]>([
    [
      'a refinement',
      z.string().refine(() => {
        throw new Error('secret')
      }),
    ],
    [
      'an endless recursion',
      z.string().refine(function deep(value): boolean {
        return deep(value)
      }),
    ],
    [
      'validate itself',
      schema(() => {
        throw new RangeError('secret')
      }),
    ],
    ['a rejecting validate', schema(() => Promise.reject(new Error('secret')))],
    [
      'an async refinement',
      z.string().refine(async () => {
        throw new Error('secret')
      }),
    ],
  ])('C3 F67 counts a throw in %s as invalid', async (name, odd) => {
    const result = await validate(define(odd), name.includes('deep inside') ? { a: ['x'] } : 'value', clock)
    expect(result).toEqual({ issues: [{ path: '', message: expect.stringContaining('threw') }] })
    expect(JSON.stringify(result)).not.toContain('secret')
  })

  it('F67 gives up on a schema that never settles, and leaves no timer behind otherwise', async () => {
    const never = define(schema(() => new Promise(() => {})))
    const pending = validate(never, 1, clock)
    clock.advance(4_999)
    let settled = false
    void Promise.resolve(pending).then(() => {
      settled = true
    })
    await Promise.resolve()
    expect(settled).toBe(false)
    clock.advance(1)
    expect(await pending).toEqual({ issues: [{ path: '', message: expect.stringContaining('5000 ms') }] })
    const asynchronous = define(z.string().refine(async (text) => text === 'yes'))
    expect(await validate(asynchronous, 'yes', clock)).toMatchObject({ value: 'yes' })
    expect(await validate(asynchronous, 'no', clock)).toMatchObject({ issues: [{ path: '' }] })
  })

  it('C4 gives the output on the one side that asks for it', () => {
    const wire = define(
      z.object({ a: z.string().default('x'), n: z.string().transform((text) => text.length) }),
    )
    expect(validate(wire, { n: 'four' }, clock)).toMatchObject({ value: { a: 'x', n: 4 } })
  })

  it('C1 F36 keeps at most 20 issues and 8 KiB of them, whatever the paths and messages are', () => {
    const many = validate(
      define(z.array(z.number())),
      Array.from({ length: 100_000 }, () => 'x'),
      clock,
    )
    expect(many).toMatchObject({ issues: { length: 20 } })
    expect(many).toMatchObject({
      issues: { 19: { path: '19', message: 'Invalid input: expected number, received string' } },
    })
    const wide = z.record(
      z.string(),
      z.string().refine(() => false, { error: '字'.repeat(5_000) }),
    )
    const keys = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`${'鍵'.repeat(500)}${index}`, 'x']),
    )
    const result = validate(define(wide), keys, clock)
    expect(
      new TextEncoder().encode(JSON.stringify('issues' in result && result.issues)).byteLength,
    ).toBeLessThanOrEqual(8_192)
    expect(result).toMatchObject({ issues: { 0: { path: expect.stringMatching(/\.\.\.$/) } } })
  })

  it('C1 F66 names no value of the payload for any kind of zod issue', () => {
    const wire = define(
      z.strictObject({
        a: z.enum(['x']),
        b: z.literal('x'),
        c: z.union([z.string().max(2), z.number()]),
        d: z.uuid(),
        e: z.number().multipleOf(2),
        f: z.string().regex(/^a$/),
        g: z.array(z.string()).max(1),
        h: z.discriminatedUnion('t', [z.object({ t: z.literal('a') })]),
        i: z.record(z.enum(['k']), z.string()),
      }),
    )
    const payload = {
      a: 'SECRET',
      b: 'SECRET',
      c: 'SECRET',
      d: 'SECRET',
      e: 987_653,
      f: 'SECRET',
      g: ['SECRET', 'SECRET'],
      h: { t: 'SECRET' },
      i: { k: 987_653 },
    }
    const result = validate(wire, payload, clock)
    expect(result).toMatchObject({ issues: { length: 9 } })
    expect(JSON.stringify(result)).not.toMatch(/SECRET|987653/)
  })

  it.each<[string, unknown]>([
    ['wrong type', { flight: 1 }],
    ['missing', {}],
    ['null', null],
    ['array for object', []],
    ['extra in a strict object', { flight: 'KL23', extra: 1 }],
  ])('F66 refuses %s', (_name, value) => {
    expect(validate(define(z.strictObject({ flight: z.string() })), value, clock)).toHaveProperty('issues')
  })
})
