/** Compiled checks say exactly what zod and the walk before it say, or nothing. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type CompiledCheck, compile } from '../../src/contract/compile.js'
import { inspectValue } from '../../src/contract/inspect-value.js'
import { isPlainZod } from '../../src/contract/zod-plain.js'
import { any, odd, spoil } from './compile-cases.js'

const limit = 50_000

/** Members in their order, undefined and -0 included, which toEqual would forgive. */
const shape = (data: unknown): string =>
  JSON.stringify(data, (_key, inner) =>
    inner === undefined || typeof inner === 'bigint' || Object.is(inner, -0) ? `${typeof inner}!` : inner,
  )

const inspected = (value: unknown): boolean => {
  try {
    return inspectValue(value, 't', limit).exact
  } catch {
    return false
  }
}

/** Tells whether the compiled check passed; fails where it differs from the ordinary way. */
function hold(check: CompiledCheck, schema: z.ZodType, value: unknown, outbound: boolean): boolean {
  const copy = check.copy(value, limit)
  if (copy === undefined) return false
  const known = schema.safeParse(value)
  // The messages are long, so they are only made when there is something to say.
  if (!known.success) expect.fail(`accepted ${shape(value)}`)
  // Of vitest's own equality, members called "constructor" are types.
  if (!isDeepStrictEqual(copy, known.data)) expect.fail(`${shape(copy)} for ${shape(known.data)}`)
  expect(shape(copy)).toBe(shape(known.data))
  if (typeof copy === 'object' && copy !== null) expect(copy).not.toBe(value)
  if (outbound) {
    expect(inspected(value)).toBe(true)
    const bytes = new TextEncoder().encode(JSON.stringify(copy)).byteLength
    expect(check.bytes).toBeGreaterThanOrEqual(bytes)
    expect(check.bytes).toBeLessThanOrEqual(limit)
    expect(isDeepStrictEqual(JSON.parse(JSON.stringify(copy)), copy)).toBe(true)
  }
  return true
}

describe('a compiled check against zod', () => {
  it('C1 F11 passes nothing that zod or the walk refuses, and gives the same copy', () => {
    const seen = { schemas: 0, passed: 0, left: 0 }
    const run = fc.check(
      fc.property(any, fc.gen(), odd, fc.nat(), ({ schema, values }, gen, strange, at) => {
        if (!isPlainZod(schema)) return
        const [outbound, inbound] = [compile(schema, 'outbound'), compile(schema, 'inbound')]
        if (outbound === undefined || inbound === undefined) return
        seen.schemas++
        const good = gen(() => values)
        for (const value of [good, strange, spoil(good, strange, at)]) {
          if (hold(outbound, schema, value, true)) seen.passed++
          else if (inspected(value) && schema.safeParse(value).success) seen.left++
          hold(inbound, schema, value, false)
        }
      }),
      { numRuns: 1_000 },
    )
    // Not fast-check's own report, which prints every schema in full.
    const [, , strange, at] = run.counterexample ?? []
    const again = `seed ${run.seed}, path ${run.counterexamplePath}, odd ${fc.stringify(strange)}, at ${at}`
    if (run.failed) throw new Error(again, { cause: run.errorInstance })
    // Else nothing was compared: most of what is valid must pass without zod.
    expect(seen.schemas, `seed ${run.seed}`).toBeGreaterThan(450)
    expect(seen.passed, `seed ${run.seed}`).toBeGreaterThan(120)
    expect(seen.left, `seed ${run.seed}`).toBeLessThan(seen.passed)
  }, 60_000)
})

const covered = (schema: unknown): boolean => compile(schema, 'outbound') !== undefined

describe('what is compiled', () => {
  it.each<[string, z.ZodType]>([
    ['a refinement', z.string().refine(() => true)],
    ['a refined object', z.object({ a: z.string() }).refine(() => true)],
    ['multipleOf', z.number().multipleOf(2)],
    ['a pattern with a memory', z.string().regex(/a/g)],
    ['a sticky pattern', z.string().regex(/a/y)],
    ['a format with a function', z.base64()],
    ['an own format that is called like a known one', z.stringFormat('uuid', () => true)],
    ['ipv6', z.ipv6()],
    ['a transform', z.string().transform((text) => text)],
    ['a default', z.object({ a: z.string().default('x') })],
    ['coercion', z.coerce.string()],
    ['a catchall', z.object({}).catchall(z.string())],
    ['unknown members', z.looseObject({})],
    ['a record with few keys', z.record(z.enum(['a', 'b']), z.string())],
    ['a record with limited keys', z.record(z.string().min(2), z.string())],
    ['two objects in one union', z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])],
    ['an infinite limit', z.number().max(Number.POSITIVE_INFINITY)],
    ['__proto__', z.object(Object.fromEntries([['__proto__', z.string()]]))],
    ['a symbol', z.object({ [Symbol('s')]: z.string() } as Record<string, z.ZodType>)],
  ])('is not %s', (_name, schema) => {
    expect(covered(schema)).toBe(false)
  })

  it('is not what recurs or nests deeper than payloads may', () => {
    const Tree: z.ZodType = z.object({
      get kids() {
        return z.array(Tree)
      },
    })
    expect(covered(Tree)).toBe(false)
    const nested = (levels: number): z.ZodType => (levels === 0 ? z.string() : z.array(nested(levels - 1)))
    expect(covered(nested(64))).toBe(true)
    expect(covered(nested(65))).toBe(false)
  })

  it('takes no text of a schema as code', () => {
    const evil = '"];globalThis.broken=1;["'
    const check = compile(z.strictObject({ [evil]: z.enum([evil, '"+(globalThis.broken=1)+"']) }), 'outbound')
    expect(check?.copy({ [evil]: evil }, limit)).toStrictEqual({ [evil]: evil })
    expect(globalThis).not.toHaveProperty('broken')
  })

  it('leaves to the ordinary way what may be too large, and copies no small graph into a huge tree', () => {
    const check = compile(z.array(z.array(z.array(z.array(z.string())))), 'outbound')
    const wide = <T>(item: T): T[] => new Array(1_000).fill(item)
    expect(check?.copy(wide(wide(wide(wide('x')))), limit)).toBeUndefined()
    expect(compile(z.string(), 'outbound')?.copy('x'.repeat(100), 100)).toBeUndefined()
  })

  it('leaves members that the schema does not know to the ordinary way, except of what arrived', () => {
    const schema = z.object({ a: z.string() })
    expect(compile(schema, 'outbound')?.copy({ a: 'x', b: 1n }, limit)).toBeUndefined()
    expect(compile(schema, 'inbound')?.copy({ a: 'x', b: 1 }, limit)).toStrictEqual({ a: 'x' })
    expect(
      compile(z.strictObject({ a: z.string() }), 'inbound')?.copy({ a: 'x', b: 1 }, limit),
    ).toBeUndefined()
  })
})
