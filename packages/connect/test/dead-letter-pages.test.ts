// Dead letters that are too large for one frame: every page goes on exactly where the one before was cut.

import { contract, event } from 'busbar'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { brokerOn, until } from './three-wires.js'

const retry = { attempts: 1, backoff: 'fixed', initialMs: 1, maxMs: 1 } as const
const bulky = contract('bulky', {
  seen: event(z.object({ n: z.number(), text: z.string() }), { retry }),
})

it('Q5 no letter is skipped where a frame is full, though two groups gave up the same messages', async () => {
  const newBus = await brokerOn('tcp')
  const bus = await newBus('asking')
  for (const group of ['one', 'other']) {
    await bus.subscribe(bulky.seen, (_value, ctx) => ctx.reject('no'), { group })
  }
  const text = 'x'.repeat(350_000)
  for (const n of [0, 1, 2]) await bus.publish(bulky.seen, { n, text })
  await until(async () => (await bus.inspect(bulky.seen)).dead === 6)

  const pages: string[][] = []
  let after: string | undefined
  do {
    const page = await bus.deadLetters(bulky.seen).list(after === undefined ? {} : { after })
    pages.push(page.letters.map(({ id, group }) => `${id} ${group}`))
    after = page.next
  } while (after !== undefined)
  expect(pages.length).toBeGreaterThan(1)
  expect(new Set(pages.flat()).size).toBe(6)
  expect(pages.flat()).toHaveLength(6)
})
