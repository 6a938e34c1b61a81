/** Schemas whose checks are asynchronous: what was sent first goes out first, whichever check is done first. */

import { expect, test } from 'vitest'
import { z } from 'zod'
import { contract } from '../../src/contract/contract.js'
import { pair, queue } from '../../src/contract/factories.js'
import { createTestBus } from '../../src/testing/test-bus.js'

/** The lower the number, the longer its check takes; 9 fails it. */
const Slow = z.object({ n: z.number() }).refine(async ({ n }) => {
  for (let turn = n; turn < 5; turn++) await Promise.resolve()
  return n !== 9
})
const slow = contract('slow', {
  jobs: queue(Slow),
  talk: pair({ dialer: Slow, accepter: z.object({ n: z.number() }) }),
})
const numbers = [0, 1, 9, 2, 3, 4]
const valid = [0, 1, 2, 3, 4]

test('E4 sends keep their order, and one that is refused holds up nobody', async () => {
  const bus = await createTestBus()
  await bus.declare(slow)
  const seen: number[] = []
  await bus.work(slow.jobs, ({ n }) => void seen.push(n))
  const sent = await Promise.allSettled(numbers.map((n) => bus.send(slow.jobs, { n })))
  expect(sent.map(({ status }) => status === 'fulfilled')).toEqual(numbers.map((n) => n !== 9))
  await bus.settled()
  expect(seen).toEqual(valid)
  await bus.close()
})

test('X1 what is said on a line keeps its order', async () => {
  const bus = await createTestBus()
  const seen: number[] = []
  await bus.accept(slow.talk, async (line) => {
    for await (const { n } of line) seen.push(n)
  })
  const line = await bus.dial(slow.talk)
  const sent = await Promise.allSettled(numbers.map((n) => line.send({ n })))
  expect(sent.map(({ status }) => status === 'fulfilled')).toEqual(numbers.map((n) => n !== 9))
  await line.close()
  await bus.close()
  expect(seen).toEqual(valid)
})
