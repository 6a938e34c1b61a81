/** Handlers wrapped by once(): one effect for each message and group, whatever the bus has to deliver again. */

import { type BusMiddleware, type BusOptions, contract, event, queue } from 'busbar'
import { createTestBus } from 'busbar/testing'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { memoryInbox, once } from '../src/index.js'

const retry = { attempts: 2, backoff: 'fixed', initialMs: 10, maxMs: 10 } as const
const shop = contract('shop', {
  placed: event(z.string(), { retry }),
  pack: queue(z.string(), { retry }),
})

async function busWith(options: Partial<BusOptions> = {}) {
  const bus = await createTestBus({ service: 'shop', ...options })
  onTestFinished(() => bus.close())
  return bus
}

/** The settlement of so many first tries does not arrive: the handler is done, the bus does not know. */
const losing = (count: number): BusMiddleware => {
  let left = count
  return async ({ direction }, next) => {
    const result = await next()
    if (direction === 'in' && left-- > 0) throw new Error('the ack was lost')
    return result
  }
}

it('F58 a message whose ack was lost has no second effect', async () => {
  const bus = await busWith({ middleware: [losing(1)] })
  const effects: string[] = []
  const duplicates: number[] = []
  await bus.work(
    shop.pack,
    once(
      memoryInbox(),
      { group: 'g', onDuplicate: ({ attempt }) => void duplicates.push(attempt) },
      (sku) => void effects.push(sku),
    ),
  )
  await bus.send(shop.pack, 'lamp')
  await bus.settled({ advance: true })
  expect(effects).toEqual(['lamp'])
  expect(duplicates).toEqual([2])
})

it('D1 a message that is sent twice with one id has one effect, also without a window of the topic', async () => {
  const bus = await busWith()
  const effects: string[] = []
  await bus.work(
    shop.pack,
    once(memoryInbox(), { group: 'g' }, (sku) => void effects.push(sku)),
    { concurrency: 2 },
  )
  await Promise.all([bus.send(shop.pack, 'lamp', { id: '1' }), bus.send(shop.pack, 'lamp', { id: '1' })])
  await bus.settled()
  expect(effects).toEqual(['lamp'])
})

it('E3 two groups with one inbox each see the message', async () => {
  const bus = await busWith()
  const inbox = memoryInbox()
  const effects: string[] = []
  for (const group of ['mail', 'stats']) {
    await bus.subscribe(
      shop.placed,
      once(inbox, { group }, () => void effects.push(group)),
      { group },
    )
  }
  await bus.publish(shop.placed, '7')
  await bus.settled()
  expect(effects.toSorted()).toEqual(['mail', 'stats'])
})

it.each(['throws', 'retry', 'reject'] as const)(
  'Q5 a letter whose handler gave it up (%s) is new after its redrive',
  async (how) => {
    const bus = await busWith()
    const effects: number[] = []
    let isMended = false
    await bus.work(
      shop.pack,
      once(memoryInbox(), { group: 'g' }, (_sku, ctx) => {
        if (isMended) return void effects.push(ctx.attempt)
        if (how === 'throws') throw new Error('no tape')
        return how === 'retry' ? ctx.retry() : ctx.reject('no tape')
      }),
    )
    await bus.send(shop.pack, 'lamp')
    await bus.settled({ advance: true })
    expect(effects).toEqual([])
    isMended = true
    expect(await bus.deadLetters(shop.pack).redrive()).toBe(1)
    await bus.settled({ advance: true })
    expect(effects).toEqual([1])
  },
)

it('Q5 a letter whose effect was committed is a duplicate after its redrive', async () => {
  const bus = await busWith({ middleware: [losing(2)] })
  const effects: string[] = []
  await bus.work(
    shop.pack,
    once(memoryInbox(), { group: 'g' }, (sku) => void effects.push(sku)),
  )
  await bus.send(shop.pack, 'lamp')
  await bus.settled({ advance: true })
  expect((await bus.inspect(shop.pack)).dead).toBe(1)
  await bus.deadLetters(shop.pack).redrive()
  await bus.settled({ advance: true })
  expect(effects).toEqual(['lamp'])
  expect(await bus.inspect(shop.pack)).toMatchObject({ dead: 0, done: 1 })
})

it('F80 refuses a group that is no name', () => {
  for (const group of ['', 'a b', undefined])
    expect(() => once(memoryInbox(), { group } as { group: string }, () => undefined)).toThrow(
      /INVALID_OPTION/,
    )
})
