/** A durable hub that is killed again and again while a relay sends to it: each row is one message, in order. */

import { memoryInbox, once } from '@busbar/inbox'
import { tcp } from '@busbar/tcp'
import { type BusMiddleware, contract, createBus, queue } from 'busbar'
import { expect, onTestFinished } from 'vitest'
import { z } from 'zod'
import { onPostgres, transaction } from './database.js'
import { hubProcess } from './hub-process.js'
import { outboxScene, until, upTo } from './outbox-scene.js'

const survivor = contract('survivor', {
  step: queue(z.object({ key: z.string(), n: z.int() }), {
    key: ({ key }) => key,
    durable: true,
    dedupeMs: 600_000,
    retry: { attempts: 100, backoff: 'fixed', initialMs: 10, maxMs: 10 },
  }),
})
const keys = ['a', 'b', 'c', 'd']
const steps = 100
const total = keys.length * steps

onPostgres(
  'F57 D1 kill -9 of a durable hub while the relay sends: each row arrives once, each key in order',
  async () => {
    const hub = await hubProcess()
    const { pool, outbox, waiting, relay } = await outboxScene(tcp({ url: hub.url }))
    let restarts = 0
    let restarting = Promise.resolve()
    const killAt = new Map([
      [5, 'before'],
      [60, 'after'],
      [210, 'before'],
      [290, 'after'],
    ])
    let sends = 0
    /** Kills the hub when a message is on its way, or has its receipt and still its row. */
    const killing: BusMiddleware = async ({ direction }, next) => {
      if (direction !== 'out') return next()
      sends += 1
      const moment = killAt.get(sends)
      const restart = (): void => {
        restarts += 1
        restarting = restarting.then(() => hub.restart())
      }
      if (moment === 'before') restart()
      try {
        return await next()
      } finally {
        if (moment === 'after') restart()
      }
    }
    const transport = tcp({ url: hub.url })
    const sender = await createBus({ service: 'sender', transport, middleware: [killing] })
    const reader = await createBus({ service: 'reader', transport })
    onTestFinished(async () => {
      await sender.close()
      await reader.close()
    })
    const got = new Map(keys.map((key) => [key, [] as number[]]))
    const handle = once(memoryInbox(), { group: 'reader' }, ({ key, n }: { key: string; n: number }) => {
      got.get(key)?.push(n)
    })
    await reader.work(survivor.step, handle, { concurrency: 4 })
    // Shorter than an outage: the relay gives up what has no receipt, and sends it again.
    const { troubles } = relay(sender, { contracts: [survivor], batch: 20, publishTimeoutMs: 200 })
    const write = async (key: string): Promise<void> => {
      for (const n of upTo(steps)) {
        await transaction(pool, (client) => outbox.add(client, survivor.step, { key, n }))
      }
    }
    await Promise.all(keys.map(write))
    // Clients come back after pauses that grow to seconds when a hub is away again and again.
    await until(async () => (await waiting()) === 0, 45_000)
    await restarting
    await until(() => reader.status.state === 'connected')
    await until(async () => (await reader.inspect(survivor.step)).done >= total)
    expect(restarts).toBe(killAt.size)
    expect([...got.values()]).toEqual(keys.map(() => upTo(steps)))
    expect(await reader.inspect(survivor.step)).toMatchObject({ received: total, done: total, dead: 0 })
    expect(new Set(troubles.map(({ what }) => what))).toEqual(new Set(['publish']))
  },
  60_000,
)
