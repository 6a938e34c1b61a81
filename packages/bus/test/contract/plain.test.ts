/** Property: where a schema is called plain, the validated copy behaves as if it had been encoded and decoded. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { inspectValue } from '../../src/contract/inspect-value.js'
import { isPlainZod } from '../../src/contract/zod-plain.js'

/** A schema with a value that it often accepts. */
interface Case {
  readonly schema: z.ZodType
  readonly value: unknown
}

const scalar = fc.constantFrom<Case[]>(
  { schema: z.string(), value: 'a' },
  { schema: z.string().min(1), value: 'b' },
  { schema: z.string().trim(), value: ' a ' },
  { schema: z.url(), value: ' http://x.y ' },
  { schema: z.number(), value: 1.5 },
  { schema: z.boolean(), value: true },
  { schema: z.null(), value: null },
  { schema: z.enum(['a', 'b']), value: 'a' },
  { schema: z.literal([1, 'a']), value: 1 },
  { schema: z.unknown(), value: {} },
)
const name = fc.constantFrom('a', 'b', 'c', 'constructor')
const mapped = <T>(cases: Readonly<Record<string, Case>>, part: (one: Case) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(cases).map(([key, one]) => [key, part(one)]))
const schemas = (cases: Readonly<Record<string, Case>>) => mapped(cases, (one) => one.schema)
const values = (cases: Readonly<Record<string, Case>>) => mapped(cases, (one) => one.value)

const { any } = fc.letrec<{ any: Case }>((tie) => {
  const one = tie('any')
  const some = fc.dictionary(name, one, { maxKeys: 3 })
  return {
    any: fc.oneof(
      { maxDepth: 3 },
      scalar,
      // Members that the schema does not declare, or that are of another type than it declares.
      fc.tuple(some, some).map(([cases, more]) => ({
        schema: z.object(schemas(cases)),
        value: { ...values(more), ...values(cases) },
      })),
      some.map((cases) => ({ schema: z.strictObject(schemas(cases)), value: values(cases) })),
      fc.tuple(some, one).map(([cases, rest]) => ({
        schema: z.object(schemas(cases)).catchall(rest.schema),
        value: { rest: rest.value, ...values(cases) },
      })),
      one.map(({ schema, value }) => ({ schema: z.array(schema), value: [value, value] })),
      one.map(({ schema, value }) => ({ schema: schema.optional(), value })),
      one.map(({ schema, value }) => ({ schema: schema.nullable(), value })),
      one.map(({ schema, value }) => ({ schema: z.record(z.string(), schema), value: { x: value } })),
      one.map(({ schema, value }) => ({
        schema: z.record(z.enum(['a', 'b']), schema.optional()),
        value: { a: value },
      })),
      fc.tuple(one, one, some, some).map(([left, right, cases, more]) => ({
        schema: z.union([
          left.schema,
          z.object({ ...schemas(cases), c: z.string().optional() }),
          z.object(schemas(more)),
          right.schema,
        ]),
        value: { ...values(cases), ...values(more), c: 1 },
      })),
      fc
        .tuple(one, one)
        .map(([left, right]) => ({ schema: z.union([left.schema, right.schema]), value: right.value })),
      fc.tuple(one, one).map(([left, right]) => ({
        schema: z.tuple([left.schema, right.schema]),
        value: [left.value, right.value],
      })),
    ),
  }
})

/** All members, undefined and order included, which toEqual would forgive. */
const shape = (data: unknown): string =>
  JSON.stringify(data, (_key, inner) => (inner === undefined ? 'undefined!' : inner))

it('C6 F11 a plain copy equals what would come out of the wire', () => {
  let plain = 0
  fc.assert(
    fc.property(any, ({ schema: wireSchema, value: payload }) => {
      if (!isPlainZod(wireSchema) || !inspectValue(payload, 't').exact) return
      const copy = wireSchema.safeParse(payload)
      if (!copy.success) return
      plain++
      const arrived = wireSchema.parse(JSON.parse(JSON.stringify(copy.data)))
      expect(shape(arrived)).toBe(shape(copy.data))
      if (typeof payload === 'object' && payload !== null) expect(copy.data).not.toBe(payload)
    }),
    { numRuns: 2_000 },
  )
  expect(plain).toBeGreaterThan(400)
})
