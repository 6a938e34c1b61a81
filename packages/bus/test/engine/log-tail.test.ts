/** The latest records of a stream in memory are bounded by count and by bytes, and have no gaps. */

import { expect, it } from 'vitest'
import { EncodedBody } from '../../src/body.js'
import { createLogTail } from '../../src/engine/durable/log-tail.js'
import { messageTo } from './exchange-world.js'

const message = (bytes: number) => ({
  ...messageTo('a'),
  body: new EncodedBody('json', new Uint8Array(bytes)),
})
const mebibyte = 1_048_576

it('F39 keeps the latest 4,096 records', () => {
  const tail = createLogTail()
  for (let offset = 7; offset < 10_000; offset++) tail.push(offset, message(10))
  expect([10_000 - 4_096 - 1, 10_000 - 4_096, 9_999, 10_000].map((at) => tail.at(at) !== undefined)).toEqual([
    false,
    true,
    true,
    false,
  ])
})

it('F39 keeps no more than 8 MiB, and the latest whatever its size', () => {
  const tail = createLogTail()
  const kept = (end: number) => Array.from({ length: end }, (_, at) => at).filter((at) => tail.at(at))
  for (let offset = 0; offset < 100; offset++) tail.push(offset, message(mebibyte))
  expect(kept(100)).toEqual([92, 93, 94, 95, 96, 97, 98, 99])
  tail.push(100, message(9 * mebibyte))
  expect(kept(101)).toEqual([100])
  for (let offset = 101; offset < 110; offset++) tail.push(offset, message(mebibyte))
  expect(kept(110)).toHaveLength(8)
})

it('S1 forgets what does not lead to the latest without a gap', () => {
  const tail = createLogTail()
  tail.push(1, message(1))
  tail.push(3, message(1))
  expect([1, 2, 3].map((at) => tail.at(at) !== undefined)).toEqual([false, false, true])
})
