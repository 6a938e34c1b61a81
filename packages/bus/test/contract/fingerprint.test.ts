/** What changes a fingerprint and what does not. */
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { contract } from '../../src/contract/contract.js'
import { event, queue, request } from '../../src/contract/factories.js'
import { contractFingerprint } from '../../src/contract/fingerprint.js'
import { fnv1a64 } from '../../src/contract/fnv1a64.js'
import type { AnyTopic, Schema } from '../../src/topic.js'

const of = (topic: AnyTopic) => contract('a', { b: topic }).b.channel.fingerprint
const ofSchema = (schema: Schema) => of(event(schema))

interface Tree {
  kids: Tree[]
}
const Tree: z.ZodType<Tree> = z.object({
  get kids() {
    return z.array(Tree)
  },
})
const NamedTree: z.ZodType<Tree> = z
  .object({
    get kids() {
      return z.array(NamedTree)
    },
  })
  .meta({ id: 'Tree' })
const Narrow: z.ZodType = z.object({
  get kids() {
    return z.array(Narrow).max(3)
  },
})

describe('fingerprint', () => {
  const base = z.object({ flight: z.string(), gate: z.enum(['A', 'B']), at: z.iso.datetime().optional() })

  it('C5 is 16 hex digits and the same in every run', () => {
    // Written down: another build of the same contract must come to the same.
    expect(ofSchema(z.object({ flight: z.string() }))).toMatchInlineSnapshot(`"297b31fc5ba1f8f3"`)
  })

  it.each<[string, Schema]>([
    [
      'the order of members',
      z.object({ at: z.iso.datetime().optional(), gate: z.enum(['A', 'B']), flight: z.string() }),
    ],
    ['the order of an enum', base.extend({ gate: z.enum(['B', 'A']) })],
    ['descriptions and metadata', base.describe('A plane').meta({ title: 't', owner: 'tower' })],
    ['metadata inside', base.extend({ flight: z.string().meta({ id: 'Flight', examples: ['KL23'] }) })],
    ['refinements, which JSON Schema does not have', base.refine(() => true)],
    ['what the consumer makes of it', base.transform((plane) => plane.flight)],
  ])('is the same whatever %s', (_name, schema) => {
    expect(ofSchema(schema)).toBe(ofSchema(base))
  })

  it.each<[string, Schema]>([
    ['a new member', base.extend({ x: z.string() })],
    ['a member that is optional now', base.extend({ flight: z.string().optional() })],
    ['the type of a member', base.extend({ flight: z.number() })],
    ['a member that may be null now', base.extend({ flight: z.string().nullable() })],
    ['a member called like an annotation', base.extend({ title: z.string() })],
    ['a limit', base.extend({ flight: z.string().max(6) })],
    ['an enum value', base.extend({ gate: z.enum(['A', 'B', 'C']) })],
    ['strictness', base.strict()],
    ['a default', base.extend({ flight: z.string().default('x') })],
  ])('changes with %s', (_name, schema) => {
    expect(ofSchema(schema)).not.toBe(ofSchema(base))
  })

  it('handles recursion, whatever its parts are called', () => {
    expect(ofSchema(NamedTree)).toBe(ofSchema(Tree))
    expect(ofSchema(Narrow)).not.toBe(ofSchema(Tree))
  })

  it('changes with kind, name, path, guarantees, reply and errors', () => {
    const io = { input: base, output: base }
    const all = [
      of(event(base)),
      contract('a', { c: event(base) }).c.channel.fingerprint,
      of(queue(base)),
      of(queue(base, { retry: { attempts: 3 } })),
      of(queue(base, { key: () => '' })),
      of(event(base, { path: '{a}' })),
      of(event(base, { path: '{b}' })),
      of(request(io)),
      of(request({ ...io, output: z.null() })),
      of(request({ ...io, errors: { Late: base } })),
      of(request({ ...io, streamed: true })),
    ]
    expect(new Set(all).size).toBe(all.length)
  })

  it('of a contract changes when one of its topics does, and not with their order', () => {
    const one = contractFingerprint(contract('a', { b: event(base), c: queue(base) }))
    expect(contractFingerprint(contract('a', { c: queue(base), b: event(base) }))).toBe(one)
    expect(contractFingerprint(contract('a', { b: event(base), c: queue(base, { leaseMs: 1 }) }))).not.toBe(
      one,
    )
  })
})

it.each([
  // Published with the algorithm: http://www.isthe.com/chongo/tech/comp/fnv/
  ['', 'cbf29ce484222325'],
  ['a', 'af63dc4c8601ec8c'],
  ['b', 'af63df4c8601f1a5'],
  ['foobar', '85944171f73967e8'],
])('the hash of %j is %s', (text, hash) => {
  expect(fnv1a64(text)).toBe(hash)
})

it('the hash agrees with arithmetic on whole numbers of any size', () => {
  for (const text of ['fingerprint', 'é字😀', 'x'.repeat(1_000)]) {
    let hash = 0xcbf29ce484222325n
    for (const byte of new TextEncoder().encode(text))
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
    expect(fnv1a64(text)).toBe(hash.toString(16).padStart(16, '0'))
  }
})
