/** Random schemas over what compiled checks cover, with values that fit, nearly fit, or are odd. */
import fc from 'fast-check'
import { z } from 'zod'

export interface Case {
  readonly schema: z.ZodType
  /** Values for it; most fit. */
  readonly values: fc.Arbitrary<unknown>
}

const one = (schema: z.ZodType, values: fc.Arbitrary<unknown>): Case => ({ schema, values })
const text = fc.oneof(fc.string({ maxLength: 8 }), fc.string({ unit: 'grapheme', maxLength: 6 }))
const stamp = fc.date({ noInvalidDate: true }).map((date) => date.toISOString())
const near = (limit: number): fc.Arbitrary<unknown> =>
  fc.oneof(fc.integer({ min: limit - 2, max: limit + 2 }), fc.constantFrom(limit - 0.5, limit + 0.5, limit))

const limitedText = fc
  .tuple(fc.nat(5), fc.nat(5), fc.constantFrom('min', 'max', 'length', 'both'))
  .map(([low, more, which]) => {
    const base = z.string()
    if (which === 'min') return one(base.min(low), text)
    if (which === 'max') return one(base.max(low), text)
    if (which === 'length') return one(base.length(low), text)
    return one(base.min(low).max(low + more), text)
  })
const limitedNumber = fc
  .tuple(
    fc.constantFrom(z.number(), z.int(), z.number().int(), z.int32(), z.uint32()),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom('gt', 'gte', 'lt', 'lte', 'none'),
  )
  .map(([base, limit, which]) => one(which === 'none' ? base : base[which](limit), near(limit)))
const scalar: fc.Arbitrary<Case> = fc.oneof(
  limitedText,
  limitedNumber,
  fc.constantFrom(
    one(z.string(), text),
    one(z.number(), fc.double()),
    one(z.int(), fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 53, -(2 ** 53), 1e300, 0.5))),
    one(z.number().positive(), near(0)),
    one(z.number().nonnegative().finite(), near(0)),
    one(z.int32(), near(2 ** 31 - 1)),
    one(z.int32(), near(-(2 ** 31))),
    one(z.uint32(), near(2 ** 32 - 1)),
    one(z.uint32(), near(0)),
    one(z.boolean(), fc.boolean()),
    one(z.null(), fc.constant(null)),
    one(z.literal(['a', 1, 0, true, null]), fc.constantFrom('a', 1, 0, -0, true, null, '1', false)),
    one(z.enum(['a', 'b', '"', '\\']), fc.constantFrom('a', 'b', 'c', '"', '\\')),
    one(z.enum([...'abcdefghijkl']), fc.constantFrom('a', 'l', 'm', '')),
    one(z.literal([...'abcdefghijkl', 0]), fc.constantFrom('a', 0, -0, 'm')),
    one(z.uuid(), fc.oneof(fc.uuid(), text)),
    one(z.string().uuid(), fc.oneof(fc.uuid(), text)),
    one(z.email(), fc.oneof(fc.emailAddress(), text)),
    one(z.iso.datetime(), fc.oneof(stamp, text)),
    one(z.iso.datetime({ offset: true, precision: 3 }), fc.oneof(stamp, text)),
    one(
      z.iso.date(),
      fc.oneof(
        stamp,
        stamp.map((at) => at.slice(0, 10)),
      ),
    ),
    one(z.ipv4(), fc.oneof(fc.ipV4(), text)),
    one(z.string().regex(/^[a-z]*$/), text),
    one(z.string().regex(/é/iu).max(4), text),
  ),
)

const keys = fc.constantFrom('a', 'b', 'c', 'constructor', 'toString', '1', 'a"b', '\u2028', 'hasOwnProperty')
const members = (inner: fc.Arbitrary<Case>) => fc.dictionary(keys, inner, { maxKeys: 4 })

/** Every member mostly there; sometimes one more. */
function record(cases: Readonly<Record<string, Case>>, optional: boolean): fc.Arbitrary<unknown> {
  const fields = Object.entries(cases).map(([key, { values }]) =>
    fc.tuple(
      fc.constant(key),
      values,
      fc.nat(optional ? 2 : 20).map((roll) => roll > 0),
    ),
  )
  const extra = fc.option(fc.tuple(keys, fc.constantFrom<unknown>(1, 2n, undefined, Number.NaN, 'x')), {
    freq: 6,
  })
  return fc.tuple(fc.tuple(...fields), extra).map(([all, more]) => {
    const kept = all.filter(([, , there]) => there).map(([key, value]) => [key, value] as const)
    return Object.fromEntries(more === null ? kept : [...kept, more])
  })
}
const shape = (cases: Readonly<Record<string, Case>>): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(cases).map(([key, { schema }]) => [key, schema]))

export const { any } = fc.letrec<{ any: Case }>((tie) => {
  const inner = tie('any')
  const objects = fc.tuple(members(inner), fc.constantFrom('strip', 'strict', 'partial'))
  return {
    any: fc.oneof(
      { maxDepth: 4 },
      scalar,
      objects.map(([cases, kind]) => {
        const base = kind === 'strict' ? z.strictObject(shape(cases)) : z.object(shape(cases))
        return one(kind === 'partial' ? base.partial() : base, record(cases, kind === 'partial'))
      }),
      fc
        .tuple(inner, fc.nat(3), fc.nat(3), fc.constantFrom('none', 'between', 'length'))
        .map(([{ schema, values }, low, more, kind]) => {
          const list = z.array(schema)
          const limited =
            kind === 'between' ? list.min(low).max(low + more) : kind === 'length' ? list.length(low) : list
          return one(limited, fc.array(values, { maxLength: low + more + 1 }))
        }),
      fc
        .tuple(inner, inner)
        .map(([left, right]) =>
          one(z.tuple([left.schema, right.schema]), fc.tuple(left.values, right.values)),
        ),
      inner.map(({ schema, values }) =>
        one(z.record(z.string(), schema), fc.dictionary(fc.oneof(keys, text), values, { maxKeys: 3 })),
      ),
      inner.map(({ schema, values }) => one(schema.nullable(), fc.option(values))),
      inner.map(({ schema, values }) => one(schema.readonly(), values)),
      inner.map(({ schema, values }) => one(schema.optional(), values)),
      fc
        .tuple(scalar, scalar, inner)
        .map(([first, second, third]) =>
          one(
            z.union([first.schema, third.schema, second.schema]),
            fc.oneof(first.values, second.values, third.values),
          ),
        ),
      fc.tuple(members(inner), members(inner)).map(([left, right]) =>
        one(
          z.discriminatedUnion('t', [
            z.object({ ...shape(left), t: z.literal(['a', 0]) }),
            z.strictObject({ ...shape(right), t: z.literal('b') }),
          ]),
          fc
            .tuple(record(left, false), record(right, false), fc.constantFrom('a', 'b', 'c', 0, -0))
            .map(([l, r, t]) => ({ ...Object(t === 'b' ? r : l), t })),
        ),
      ),
    ),
  }
})

class Person {
  a = 'x'
  get b(): string {
    return 'y'
  }
}

/** What no schema expects, or only a part of it. */
export const odd: fc.Arbitrary<unknown> = fc.constantFrom<unknown>(
  undefined,
  Number.NaN,
  -0,
  Number.POSITIVE_INFINITY,
  1n,
  Symbol('s'),
  () => 1,
  new Date(0),
  new Map(),
  new Person(),
  Object.create(null),
  Object.create({ a: 'x' }),
  Object.defineProperty({ b: 1 }, 'a', { value: 'x', enumerable: false }),
  Object.defineProperty({}, 'a', { get: () => 'x', enumerable: true }),
  { [Symbol('s')]: 1 },
  JSON.parse('{"__proto__": {"a": 1}, "a": "x"}'),
  Object.assign([], { length: 3 }),
  Object.assign(['x'], { a: 'x' }),
  new (class List extends Array {})(),
  'x'.repeat(100_000),
  [[[[[[]]]]]],
  new Proxy({ a: 'x' }, {}),
)

/** `value` with one thing in it, wherever that is, replaced by `other`; or with a member more. */
export function spoil(value: unknown, other: unknown, at: number): unknown {
  if (typeof value !== 'object' || value === null || at % 5 === 0) return other
  const names = Object.keys(value)
  const name = at % 7 === 0 ? 'extra' : names[at % Math.max(1, names.length)]
  if (name === undefined) return other
  const inner = spoil((value as Record<string, unknown>)[name], other, Math.floor(at / 3))
  return Array.isArray(value) ? Object.assign([...value], { [name]: inner }) : { ...value, [name]: inner }
}
