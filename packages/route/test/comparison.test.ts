/** What the comparison remembers, and what it forgets. */
import { systemClock } from 'busbar'
import { EncodedBody, type Message } from 'busbar/transport'
import { expect, test } from 'vitest'
import { createComparison } from '../src/comparison.js'

const message = (id: string): Message => ({
  ...{ id, address: 'air.bags', key: undefined, headers: {}, time: 0 },
  body: new EncodedBody('json', new Uint8Array()),
})

test('ids that wait for their other half are forgotten beyond the window, and counted as seen on one side only', () => {
  const comparison = createComparison(systemClock, 2)
  const group = comparison.group('air.bags', undefined)
  for (const id of ['a', 'b', 'c']) group.saw(message(id), 'real')
  for (const id of ['a', 'c']) group.saw(message(id), 'shadow')
  expect(comparison.reports()).toMatchObject([
    { real: 3, shadows: 2, matched: 1, onlyReal: 2, onlyShadow: 1 },
  ])
})

test('both sides have the same sum when they had the same ids, in any order', () => {
  const comparison = createComparison(systemClock, 10)
  const group = comparison.group('air.bags', 'billing')
  for (const id of ['a', 'b', 'c']) group.saw(message(id), 'real')
  for (const id of ['c', 'a']) group.saw(message(id), 'shadow')
  const [before] = comparison.reports()
  expect(before?.realSum).not.toBe(before?.shadowSum)
  group.saw(message('b'), 'shadow')
  const [after] = comparison.reports()
  expect(after?.realSum).toBe(after?.shadowSum)
})
