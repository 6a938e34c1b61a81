// Both wires end to end: real clients, a real hub, all five kinds.

import { createHub, type Hub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { websocket } from '@busbar/websocket'
import { type Bus, contract, createBus, event, pair, queue, request, stream } from 'busbar'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { within } from './within.js'

const Order = z.object({ id: z.string(), price: z.number() })
const shop = contract('shop', {
  placed: event(Order),
  pack: queue(Order),
  quote: request({ input: z.object({ id: z.string() }), output: Order }),
  prices: stream(Order),
  chat: pair({ dialer: z.string(), accepter: z.string() }),
})
const order = { id: 'o1', price: 3 }

const urlOf = { tcp: (hub: Hub) => hub.tcpUrl, websocket: (hub: Hub) => hub.websocketUrl }
const wire = { tcp, websocket }

async function twoBuses(name: keyof typeof wire): Promise<{ hub: Hub; one: Bus; two: Bus }> {
  const hub = await createHub({ tcp: { port: 0 }, websocket: { port: 0 } })
  const url = urlOf[name](hub) ?? ''
  const [one, two] = await Promise.all(
    ['one', 'two'].map((service) => createBus({ service, transport: wire[name]({ url }) })),
  )
  if (one === undefined || two === undefined) throw new Error('two buses were made')
  onTestFinished(async () => {
    await Promise.all([one.close(), two.close()])
    await hub.close()
  })
  return { hub, one, two }
}

describe.each(['tcp', 'websocket'] as const)('over %s', (name) => {
  it('an event reaches a subscriber of another service', async () => {
    const { one, two } = await twoBuses(name)
    const got = new Promise(
      (resolve) => void two.subscribe(shop.placed, resolve).then(() => one.publish(shop.placed, order)),
    )
    expect(await within(4_000, got)).toEqual(order)
  })

  it('a queue message is worked once and settled', async () => {
    const { hub, one, two } = await twoBuses(name)
    expect(await one.send(shop.pack, order)).toMatchObject({ level: 'accepted' })
    let handle: (value: unknown) => void = () => {}
    const got = new Promise((resolve) => {
      handle = resolve
    })
    await two.work(shop.pack, (value) => handle(value))
    expect(await within(4_000, got)).toEqual(order)
    await two.close()
    expect(hub.inspect().channels['shop.pack']).toMatchObject({ received: 1, done: 1, ready: 0, leased: 0 })
  })

  it('a request is answered, and without a responder refused at once', async () => {
    const { one, two } = await twoBuses(name)
    await expect(within(4_000, one.request(shop.quote, { id: 'o1' }))).rejects.toMatchObject({
      code: 'NO_RESPONDER',
    })
    await two.reply(shop.quote, ({ id }) => ({ id, price: 7 }))
    expect(await within(4_000, one.request(shop.quote, { id: 'o9' }))).toEqual({ id: 'o9', price: 7 })
  })

  it('a stream is appended to and replayed', async () => {
    const { one, two } = await twoBuses(name)
    for (const price of [1, 2, 3]) await one.append(shop.prices, { id: 'o1', price })
    const prices: number[] = []
    for await (const { value } of two.replay(shop.prices, { from: 'start', to: 'now' }))
      prices.push(value.price)
    expect(prices).toEqual([1, 2, 3])
  })

  it('a pair talks both ways and ends for both', async () => {
    const { one, two } = await twoBuses(name)
    await two.accept(shop.chat, async (line) => {
      for await (const text of line) await line.send(`${text}!`)
    })
    const line = await one.dial(shop.chat)
    await line.send('hello')
    const [first] = await within(4_000, take(line, 1))
    expect(first).toBe('hello!')
    await line.close()
    expect(await line.ended).toBe('DONE')
  })
})

async function take<T>(from: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  for await (const value of from) if (taken.push(value) === count) break
  return taken
}
