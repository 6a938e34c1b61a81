/** Which schemas may travel, what the refusal of the others says, and which values need no encoding. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { contract } from '../../src/contract/contract.js'
import { event, request } from '../../src/contract/factories.js'
import type { Schema } from '../../src/topic.js'

const define = (schema: Schema) => contract('airport', { landed: event(schema) }).landed.wire.input

const isoDate = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
})

const unsupported: ReadonlyArray<[name: string, schema: Schema, what: string, fix: string]> = [
  ['date', z.date(), 'z.date()', 'z.iso.datetime()'],
  ['bigint', z.bigint(), 'z.bigint()', 'z.codec'],
  ['int64', z.int64(), 'z.bigint()', 'z.codec'],
  ['map', z.map(z.string(), z.string()), 'z.map()', 'z.record()'],
  ['set', z.set(z.string()), 'z.set()', 'z.array()'],
  ['instanceof', z.instanceof(Uint8Array), 'z.instanceof()', 'z.codec'],
  ['custom', z.custom<string>(), 'z.custom()', 'z.codec'],
  ['symbol', z.symbol(), 'z.symbol()', 'plain data'],
  ['undefined', z.undefined(), 'z.undefined()', '.optional()'],
  ['void', z.void(), 'z.void()', 'z.null()'],
  ['nan', z.nan(), 'z.nan()', '.nullable()'],
  ['promise', z.promise(z.string()), 'z.promise()', 'await'],
  ['file', z.file(), 'z.file()', 'reference'],
  ['literal undefined', z.literal(undefined), 'z.literal(undefined)', 'JSON'],
  ['literal bigint', z.literal(1n), 'z.literal(1)', 'JSON'],
  ['preprocess', z.preprocess(String, z.string()), 'z.preprocess()', 'z.codec'],
  ['bare transform', z.transform(String), 'transform', 'z.codec'],
  ['coerce.number', z.coerce.number(), 'z.coerce.number()', 'z.number()'],
  ['coerce.string', z.coerce.string(), 'z.coerce.string()', 'unchecked'],
  ['coerce.boolean', z.coerce.boolean(), 'z.coerce.boolean()', 'unchecked'],
  ['coerce.date', z.coerce.date(), 'z.coerce.date()', 'unchecked'],
]

describe('schemas that cannot travel', () => {
  it.each(unsupported)('C4 refuses %s wherever it stands, with place and fix', (_name, schema, what, fix) => {
    // Each is any schema here, which the types of zod's own combinators do not know.
    const inner = schema as z.ZodType
    const refused = (outer: Schema, place: string) => {
      expect(() => define(outer)).toThrow(
        expect.objectContaining({ code: 'SCHEMA_UNSUPPORTED', message: expect.stringContaining(what) }),
      )
      expect(() => define(outer)).toThrow(fix)
      expect(() => define(outer)).toThrow(place)
      expect(() => define(outer)).toThrow(/airport\.landed \(.*wire-safety\.test\.ts:\d+\)/)
    }
    refused(inner, 'payload is')
    refused(z.object({ at: inner }), 'payload.at is')
    refused(z.object({ stops: z.array(z.object({ at: inner.nullable() })) }), 'payload.stops[].at is')
    refused(z.record(z.string(), inner), 'payload.* is')
    refused(z.union([z.string(), inner]), 'payload is')
    refused(z.tuple([z.string(), inner]), 'payload[1] is')
    refused(
      z.lazy(() => inner.optional()),
      'payload is',
    )
    refused(z.intersection(z.object({ a: z.string() }), z.object({ at: inner })), 'payload.at is')
  })

  it('names the part of a request', () => {
    const odd = request({ input: z.object({}), output: z.object({ at: z.date() }) })
    expect(() => contract('a', { odd })).toThrow('output.at is z.date()')
    const oddError = request({
      input: z.object({}),
      output: z.object({}),
      errors: { Late: z.object({ at: z.date() }) },
    })
    expect(() => contract('a', { oddError })).toThrow('errors.Late.at is z.date()')
  })

  it('C4 accepts codecs, defaults and transforms whose input is JSON', () => {
    expect(define(z.object({ at: isoDate })).json).toMatchObject({ properties: { at: { type: 'string' } } })
    define(z.string().transform((text) => text.length))
    define(z
      .string()
      .transform((text) => text.length)
      .pipe(z.number()))
    define(z.object({ a: z.string().default('x'), b: z.stringbool(), c: z.string().trim() }))
    define(z.object({ anything: z.json(), unknown: z.unknown() }))
  })
})

interface Tree {
  name: string
  children: Tree[]
}
const Tree: z.ZodType<Tree> = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  },
})
const Impure: z.ZodType = z.object({
  when: z.string().trim(),
  get next() {
    return Impure.optional()
  },
})

describe('plain', () => {
  it.each<[string, Schema]>([
    ['object', z.object({ a: z.string(), b: z.number().int().min(1), c: z.boolean(), d: z.null() })],
    ['strict object', z.strictObject({ a: z.string() })],
    ['plain catchall', z.object({ a: z.string() }).catchall(z.number())],
    ['optional and nullable', z.object({ a: z.string().optional(), b: z.string().nullable() })],
    ['array and tuple', z.array(z.tuple([z.string(), z.number()]))],
    ['record', z.record(z.string(), z.number())],
    ['enum, literal', z.union([z.enum(['a', 'b']), z.literal(['c', 1])])],
    [
      'discriminated union',
      z.discriminatedUnion('t', [z.object({ t: z.literal('a') }), z.object({ t: z.literal('b') })]),
    ],
    ['formats', z.object({ a: z.uuid(), b: z.email(), c: z.iso.datetime(), d: z.string().regex(/a/) })],
    ['refinement', z.object({ a: z.string() }).refine((value) => value.a !== 'x')],
    ['recursive', Tree],
    ['brand and metadata', z.string().brand('x').meta({ title: 't' })],
    ['readonly', z.object({ a: z.string() }).readonly()],
  ])('is proven for %s', (_name, schema) => {
    expect(define(schema).plain).toBe(true)
  })

  it.each<[string, Schema]>([
    ['unknown', z.object({ a: z.unknown() })],
    ['any', z.any()],
    ['json', z.json()],
    ['loose object', z.looseObject({ a: z.string() })],
    ['transform', z.object({ a: z.string().transform((text) => text) })],
    ['default', z.object({ a: z.string().default('x') })],
    ['prefault', z.object({ a: z.string().prefault('x') })],
    ['catch', z.object({ a: z.string().catch('x') })],
    ['codec', z.object({ at: isoDate })],
    ['trim', z.object({ a: z.string().trim() })],
    ['lower case in a list', z.array(z.string().toLowerCase())],
    ['overwrite', z.number().overwrite((value) => value + 1)],
    ['superRefine, which may replace', z.object({ a: z.string() }).superRefine(() => {})],
    ['url, which is trimmed', z.url()],
    ['url as a check', z.string().url()],
    ['intersection', z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() }))],
    ['union of objects', z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])],
    ['tuple with optional items', z.tuple([z.string(), z.string().optional()])],
    ['number keys', z.record(z.number(), z.string())],
    ['changing keys', z.record(z.string().trim(), z.string())],
    ['recursive with a change', Impure],
    [
      '__proto__ in the shape',
      z.object(JSON.parse('{"__proto__":1}', (key, value) => (key === '__proto__' ? z.string() : value))),
    ],
  ])('is not claimed for %s', (_name, schema) => {
    expect(define(schema).plain).toBe(false)
  })
})
