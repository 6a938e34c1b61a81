import type { Kind } from 'busbar/transport'
import { expect, it } from 'vitest'
import { conflictsOf } from '../src/conflicts.js'
import type { Member } from '../src/directory-messages.js'

const member = (link: string, patterns: string[], kinds: Record<string, Kind> = {}): Member => ({
  ...{ link, address: 'tcp://127.0.0.1:1', kinds },
  entries: patterns.map((pattern, number) => ({ number, channel: 'a.pair', kind: 'pair', pattern })),
})
const codes = (one: Member, ...others: Member[]) => conflictsOf(one, others).map(({ code }) => code)

it.each([
  ['a.pair.v1', 'a.pair.v1', true],
  ['a.pair.v1', 'a.pair.v2', false],
  ['a.pair.*', 'a.pair.v2', true],
  ['a.pair.v1', 'a.pair.**', true],
  ['a.pair.v1', 'a.pair.v1.x', false],
  ['a.pair.*.x', 'a.pair.v1.y', false],
])('X1 pairs at %s and %s cannot both be served: %s', (one, other, isTaken) => {
  expect(codes(member('x', [one]), member('y', [other]))).toEqual(isTaken ? ['PAIR_TAKEN'] : [])
  expect(codes(member('x', [other]), member('y', [one]))).toEqual(isTaken ? ['PAIR_TAKEN'] : [])
})

it('X1 nor can they by one link', () => {
  expect(conflictsOf(member('x', ['a.pair.v1', 'a.pair.*']), [])).toMatchObject([
    { code: 'PAIR_TAKEN', number: 1 },
  ])
})

it('C5 a name is of one kind', () => {
  const events = member('x', [], { 'a.b': 'event' })
  expect(codes(events, member('y', [], { 'a.b': 'request' }))).toEqual(['CONTRACT_MISMATCH'])
  expect(codes(events, member('y', [], { 'a.b': 'event' }))).toEqual([])
})
