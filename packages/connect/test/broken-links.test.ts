// Connections that break: nothing that was promised is lost, repeated or out of order.

import { createHub, type HubOptions } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { type Bus, contract, createBus, event, queue, request, stream } from 'busbar'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { cuttingProxy } from './cutting-proxy.js'
import { within } from './within.js'

const Count = z.object({ n: z.number() })
const link = contract('link', {
  job: queue(Count),
  tick: event(Count),
  ask: request({ input: Count, output: Count }),
  log: stream(Count),
})

async function scene(limits: HubOptions['limits'] = {}) {
  const hub = await createHub({ tcp: { port: 0 }, limits: { drainTimeoutMs: 100, ...limits } })
  onTestFinished(() => hub.close())
  const direct = hub.tcpUrl ?? ''
  return { hub, proxy: await cuttingProxy(() => direct), direct }
}

async function busAt(url: string, service: string): Promise<Bus> {
  const bus = await createBus({ service, transport: tcp({ url }), drainTimeoutMs: 100 })
  onTestFinished(() => bus.close())
  return bus
}

const reconnected = (bus: Bus): Promise<void> =>
  within(
    10_000,
    new Promise((resolve) => {
      bus.status.on('state', (state) => {
        if (state === 'connected') resolve()
      })
    }),
  )

describe('publishing', () => {
  it('F55 a burst that is cut in the middle arrives once, in order', async () => {
    const { proxy, direct, hub } = await scene()
    const sender = await busAt(proxy.url, 'sender')
    const worker = await busAt(direct, 'worker')
    const burst = Array.from({ length: 300 }, (_, n) => n)
    const sends: Promise<unknown>[] = []
    for (const n of burst) {
      sends.push(sender.send(link.job, { n }))
      if (n % 100 === 50) {
        await sends[n - 20]
        proxy.cut()
      }
    }
    await within(10_000, Promise.all(sends))
    expect(hub.inspect().channels['link.job']).toMatchObject({ received: burst.length })
    const got: number[] = []
    await within(
      10_000,
      new Promise<void>((resolve) => {
        void worker.work(link.job, ({ n }) => {
          if (got.push(n) === burst.length) resolve()
        })
      }),
    )
    expect(got).toEqual(burst)
    expect(proxy.made).toBeGreaterThan(1)
  })

  it('F57 a message whose receipt was lost is stored once and receipted as a duplicate', async () => {
    const { proxy, hub } = await scene()
    const sender = await busAt(proxy.url, 'sender')
    await sender.send(link.job, { n: 0 })
    proxy.muteHub()
    const sent = sender.send(link.job, { n: 1 })
    await until(() => hub.inspect().channels['link.job']?.ready === 2)
    proxy.cut()
    expect(await within(10_000, sent)).toMatchObject({ duplicate: true })
    expect(hub.inspect().channels['link.job']).toMatchObject({ received: 2, ready: 2 })
  })
})

describe('consuming', () => {
  it('F46 what a lost worker held is redelivered at once, and its late outcome changes nothing', async () => {
    const { proxy, direct, hub } = await scene()
    const lost = await busAt(proxy.url, 'worker')
    const other = await busAt(direct, 'worker')
    const signal = new Promise<AbortSignal>((resolve) => {
      void lost.work(link.job, async (_job, ctx) => {
        resolve(ctx.signal)
        await new Promise((done) => ctx.signal.addEventListener('abort', done))
      })
    })
    await other.send(link.job, { n: 1 })
    const aborted = await within(4_000, signal)
    const attempt = new Promise((resolve) => void other.work(link.job, (_job, ctx) => resolve(ctx.attempt)))
    proxy.freeze()
    proxy.cut()
    expect(await within(4_000, attempt)).toBe(2)
    await until(() => aborted.aborted)
    await until(() => hub.inspect().channels['link.job']?.done === 1)
  })

  it('a subscription comes back by itself', async () => {
    const { proxy, direct } = await scene()
    const reader = await busAt(proxy.url, 'reader')
    const writer = await busAt(direct, 'writer')
    const got: number[] = []
    await reader.subscribe(link.tick, ({ n }) => void got.push(n))
    const back = reconnected(reader)
    proxy.cut()
    await back
    await until(async () => {
      await writer.publish(link.tick, { n: 1 })
      return got.length > 0
    })
  })

  it('F50 a half-open connection is noticed by both ends', async () => {
    const { proxy, hub } = await scene({ heartbeatMs: 100 })
    const reader = await busAt(proxy.url, 'reader')
    const before = hub.inspect().connections
    const states: string[] = []
    reader.status.on('state', (state) => states.push(state))
    proxy.freeze()
    await until(() => hub.inspect().connections < before || proxy.made > 1)
    await until(() => states.includes('connected'))
    expect(states[0]).toBe('reconnecting')
    await until(() => hub.inspect().connections === 1)
  })
})

it('requests in flight fail with DISCONNECTED at once', async () => {
  const { proxy, direct } = await scene()
  const caller = await busAt(proxy.url, 'caller')
  const replier = await busAt(direct, 'replier')
  let served: Promise<unknown> | undefined
  const asked = new Promise<void>((resolve) => {
    served = replier.reply(link.ask, async (value, ctx) => {
      resolve()
      await new Promise((done) => ctx.signal.addEventListener('abort', done))
      return value
    })
  })
  await served
  const answer = caller.request(link.ask, { n: 1 })
  const failed = expect(answer).rejects.toMatchObject({ code: 'DISCONNECTED' })
  await within(4_000, asked)
  proxy.cut()
  await within(4_000, failed)
})

it('F85 a closed bus leaves no connection', async () => {
  const { direct, hub } = await scene()
  const bus = await busAt(direct, 'short')
  await bus.subscribe(link.tick, () => {})
  await bus.close()
  await until(() => hub.inspect().connections === 0)
  await expect(bus.publish(link.tick, { n: 1 })).rejects.toMatchObject({
    code: 'CLOSED',
    outcome: 'rejected',
  })
})

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  await within(
    10_000,
    (async () => {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5))
    })(),
  )
}

it('F56 a reader from the end that has seen nothing yet misses nothing while its connection is away', async () => {
  const { proxy, direct, hub } = await scene()
  const writer = await busAt(direct, 'writer')
  const reader = await busAt(proxy.url, 'reader')
  await writer.append(link.log, { n: 0 })
  const got: number[] = []
  const following = (async () => {
    for await (const { value } of reader.replay(link.log, { from: 'end' })) {
      got.push(value.n)
      if (got.length === 2) break
    }
  })()
  await until(() => hub.inspect().subscriptions === 1)
  // Answers come in order: once this one is here, so is the place from which the reader reads on.
  await reader.inspect(link.log)
  const back = reconnected(reader)
  const { made } = proxy
  proxy.cut()
  // A reader that is back at once, which the jitter allows, is never seen to be away.
  await until(() => hub.inspect().subscriptions === 0 || proxy.made > made)
  await writer.append(link.log, { n: 1 })
  await back
  await writer.append(link.log, { n: 2 })
  await within(10_000, following)
  expect(got).toEqual([1, 2])
})
