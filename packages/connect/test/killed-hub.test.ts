// A durable hub is killed and started again while services go on: they notice a pause, and nothing else.

import { type Bus, contract, createBus, event, queue, request, stream } from 'busbar'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { connect } from '../src/index.js'
import { HubProcess } from './hub-process.js'
import { within } from './within.js'

const Parcel = z.object({ n: z.number() })
const post = contract('post', {
  parcel: queue(Parcel, { durable: true, retry: { attempts: 50, backoff: 'fixed', initialMs: 1 } }),
  posted: event(Parcel, { durable: true, retry: { attempts: 50 } }),
  log: stream(Parcel, { durable: true }),
  noise: event(Parcel),
  weight: request({ input: Parcel, output: z.number() }),
})

const buses: Bus[] = []
afterEach(() => Promise.all(buses.splice(0).map((bus) => bus.close())))

/** A bus and every state it told. */
async function busOn(
  url: string,
  service: string,
): Promise<{ bus: Bus; states: string[]; back: Promise<void> }> {
  const bus = await createBus({ service, transport: connect(url) })
  buses.push(bus)
  const states: string[] = []
  const back = new Promise<void>((resolve) => {
    bus.status.on('state', (state) => {
      states.push(state)
      if (state === 'connected') resolve()
    })
  })
  return { bus, states, back }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe.each(['tcp', 'websocket'] as const)('over %s', (wire) => {
  const urlOf = (hub: HubProcess): string => (wire === 'tcp' ? hub.tcpUrl : hub.websocketUrl)

  it('F44 F51 F57 a kill of the hub loses nothing that was sent, makes no second copy, and nobody catches anything', async () => {
    await using hub = await HubProcess.start()
    const sender = await busOn(urlOf(hub), 'sender')
    const worker = await busOn(urlOf(hub), 'worker')
    const handled = new Map<string, number>()
    let handledAll = (): void => {}
    const everything = new Promise<void>((resolve) => {
      handledAll = resolve
    })
    const heard: number[] = []
    const noises: number[] = []
    await worker.bus.work(
      post.parcel,
      async ({ n }, { id }) => {
        // Some are in hand at any time.
        await new Promise((resolve) => setImmediate(resolve))
        handled.set(id, n)
        if (handled.size === 600) handledAll()
      },
      { concurrency: 8 },
    )
    await worker.bus.subscribe(post.posted, ({ n }) => void heard.push(n), { group: 'ledger' })
    await worker.bus.subscribe(post.noise, ({ n }) => void noises.push(n))
    await worker.bus.reply(post.weight, ({ n }) => n)

    const sends: Promise<unknown>[] = []
    const send = (n: number): void => {
      sends.push(
        sender.bus.send(post.parcel, { n }, { id: `parcel-${n}` }),
        sender.bus.publish(post.posted, { n }, { id: `posted-${n}` }),
        sender.bus.append(post.log, { n }, { id: `log-${n}` }),
      )
    }
    for (const n of upTo(300)) send(n)
    // Some are receipted, most are on their way.
    await sends[0]
    await hub.kill()
    for (const n of upTo(300)) send(300 + n)
    await hub.start()
    await within(20_000, Promise.all(sends))
    await within(20_000, everything)
    await Promise.all([sender.back, worker.back])

    expect([...handled.values()].sort((a, b) => a - b)).toEqual(upTo(600))
    for (const topic of [post.parcel, post.posted]) {
      expect((await sender.bus.inspect(topic)).received).toBe(600)
    }
    const log: number[] = []
    const offsets: number[] = []
    for await (const { value, ctx } of sender.bus.replay(post.log, { from: 'start', to: 'now' })) {
      log.push(value.n)
      offsets.push(ctx.offset)
    }
    // Resent in order, so the order of the publisher is that of the stream.
    expect(log).toEqual(upTo(600))
    expect(offsets).toEqual(upTo(600))
    // Subscriptions and responders are back by themselves.
    expect(await sender.bus.request(post.weight, { n: 7 })).toBe(7)
    await sender.bus.publish(post.noise, { n: 1 })
    await within(
      4_000,
      until(() => noises.length === 1 && new Set(heard).size === 600),
    )
    for (const { states } of [sender, worker]) expect(states).toEqual(['reconnecting', 'connected'])
  }, 60_000)

  it('F45 a hub that is killed while it starts comes back all the same', async () => {
    await using hub = await HubProcess.start()
    const { bus } = await busOn(urlOf(hub), 'sender')
    await Promise.all(upTo(200).map((n) => bus.send(post.parcel, { n })))
    for (const _ of upTo(2)) {
      await hub.kill()
      const starting = hub.start().catch(() => undefined)
      await hub.kill()
      await starting
    }
    await hub.start()
    expect((await within(20_000, received(bus))).received).toBe(200)
  }, 60_000)
})

/** Asked again while the hub is away: a question to a hub that is not there fails at once. */
async function received(bus: Bus): Promise<{ readonly received: number }> {
  for (;;) {
    try {
      return await bus.inspect(post.parcel)
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
