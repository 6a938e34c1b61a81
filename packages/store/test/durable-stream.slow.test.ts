/** A durable stream of a million records: it opens, replays from anywhere, and its memory does not grow with it. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { numberOf, openStream } from './stream-world.js'

const records = 1_000_000
const mebibyte = 1_048_576
let dir: string
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'busbar-stream-')), 'store')
})
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }))

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that something still refers to. */
function retained(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

it('S1 S3 F39 appends, reopens and replays 1,000,000 records with flat memory', async () => {
  const empty = retained()
  let world = await openStream({ dir })
  let middle = 0
  for (let from = 0; from < records; from += 5_000) {
    await Promise.all(Array.from({ length: 5_000 }, (_, n) => world.append(from + n)))
    if (from === records / 2) middle = Date.parse(new Date().toISOString())
  }
  await world.close()

  world = await openStream({ dir })
  expect(world.inspect()).toMatchObject({ first: 0, next: records })
  let next = 0
  let held = Number.POSITIVE_INFINITY
  const seen = (offset: number, message: Parameters<typeof numberOf>[0]): void => {
    if (offset !== next || numberOf(message) !== offset) throw new Error(`${offset} after ${next - 1}`)
    next++
    // The least of several looks in the later half: buffers that were collected are given back by a thread of their own, later.
    if (next > records / 2 && next % 100_000 === 0) held = Math.min(held, retained() - empty)
  }
  await world.replay('start', seen)
  expect(next).toBe(records)
  next = 0
  await world.replay('start', seen, { group: 'a' })
  expect(next).toBe(records)
  next = 765_432
  await world.replay({ offset: next }, seen)
  expect(next).toBe(records)
  let first = -1
  await world.replay({ time: middle }, (offset) => {
    if (first < 0) first = offset
  })
  expect(first).toBeGreaterThan(records / 2)
  expect(first).toBeLessThanOrEqual(records / 2 + 10_000)
  await world.close()
  // The half that was read by then is 125 MB.
  expect(held).toBeLessThan(32 * mebibyte)

  world = await openStream({ dir })
  next = records
  await world.replay('committed', () => expect.unreachable(), { group: 'a' })
  expect(world.inspect()).toMatchObject({ received: records, done: records })
  await world.close()
})
