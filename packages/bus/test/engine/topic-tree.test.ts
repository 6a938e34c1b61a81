/** Matching of patterns, against a plain reading of their definition. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTopicTree, takesAll } from '../../src/engine/topic-tree.js'

function fits(pattern: string, address: string): boolean {
  const [want, have] = [pattern.split('.'), address.split('.')]
  const rest = want.at(-1) === '**'
  if (rest) want.pop()
  if (rest ? have.length <= want.length : have.length !== want.length) return false
  return want.every((token, at) => token === '*' || token === have[at])
}

const token = fc.constantFrom('a', 'b', '__proto__', 'constructor')
const address = fc.array(token, { minLength: 1, maxLength: 5 }).map((tokens) => tokens.join('.'))
const pattern = fc
  .tuple(fc.array(fc.oneof(token, fc.constant('*')), { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([tokens, rest]) => [...tokens, ...(rest ? ['**'] : [])].join('.'))

test('a tree matches what the definition of patterns says, also after removals', () => {
  fc.assert(
    fc.property(fc.array(pattern), fc.array(pattern), fc.array(address), (kept, removed, addresses) => {
      const tree = createTopicTree<string>(3)
      for (const each of [...removed, ...kept]) tree.add(each, each)
      for (const each of addresses) tree.match(each)
      for (const each of removed) if (!kept.includes(each)) tree.remove(each, each)
      for (const each of addresses) {
        const expected = [...new Set(kept.filter((one) => fits(one, each)))].sort()
        expect([...tree.match(each)].sort()).toEqual(expected)
        expect(tree.match(each), 'from the cache').toBe(tree.match(each))
      }
    }),
  )
})

test('F9 names of object properties are plain tokens', () => {
  const tree = createTopicTree<number>(10)
  expect(tree.match('__proto__.toString')).toEqual([])
  tree.add('__proto__.*', 1)
  expect(tree.match('__proto__.toString')).toEqual([1])
  expect(({} as Record<string, unknown>).toString).toBe(Object.prototype.toString)
})

test('F37 10,000 wildcard patterns of depth 16 match and go away again without recursion', () => {
  const tree = createTopicTree<number>(10)
  const patterns = Array.from({ length: 10_000 }, (_, bits) =>
    Array.from({ length: 16 }, (_, at) => ((bits >> at) & 1 ? '*' : 'a')).join('.'),
  )
  for (const [value, each] of patterns.entries()) tree.add(each, value)
  expect(tree.match(Array(16).fill('a').join('.'))).toHaveLength(10_000)
  expect(tree.match(Array(16).fill('b').join('.'))).toHaveLength(0)
  for (const [value, each] of patterns.entries()) tree.remove(each, value)
  expect(tree.match(Array(16).fill('a').join('.'))).toHaveLength(0)
})

test('F37 a pattern of 100,000 tokens is added, matched and removed without recursion', () => {
  const tree = createTopicTree<number>(10)
  const deep = Array(100_000).fill('*').join('.')
  tree.add(deep, 1)
  expect(tree.match(Array(100_000).fill('a').join('.'))).toEqual([1])
  tree.remove(deep, 1)
  expect(tree.match(Array(100_000).fill('a').join('.'))).toEqual([])
})

test('only a pattern of wildcards takes all of a channel', () => {
  expect(takesAll('a.b', [], 'a.b')).toBe(true)
  expect(takesAll('a.b', ['x', 'y'], 'a.b.*.*')).toBe(true)
  expect(takesAll('a.b', ['x', 'y'], 'a.b.**')).toBe(true)
  expect(takesAll('a.b', ['x', 'y'], 'a.b.*.**')).toBe(false)
  expect(takesAll('a.b', ['x', 'y'], 'a.b.*.KL')).toBe(false)
})
