import { expect, test } from 'vitest'
import { createKeyLanes } from '../src/index.js'

test('F54 one of a key starts at a time, in the order in which they came; other keys do not wait', () => {
  const lanes = createKeyLanes()
  const started: string[] = []
  for (const [key, name] of [
    ['KL', 'a'],
    ['KL', 'b'],
    ['BA', 'c'],
    ['KL', 'd'],
  ] as const) {
    lanes.enter(key, () => started.push(name))
  }
  expect(started).toEqual(['a', 'c'])
  lanes.leave('KL')
  lanes.leave('KL')
  expect(started).toEqual(['a', 'c', 'b', 'd'])
  lanes.leave('KL')
  lanes.enter('KL', () => started.push('e'))
  expect(started.at(-1)).toBe('e')
})

test('those that wait are forgotten when all is cleared', () => {
  const lanes = createKeyLanes()
  const started: string[] = []
  lanes.enter('KL', () => started.push('a'))
  lanes.enter('KL', () => started.push('b'))
  lanes.clear()
  lanes.leave('KL')
  expect(started).toEqual(['a'])
})
