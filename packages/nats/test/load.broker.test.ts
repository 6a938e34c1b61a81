/** A server that is killed under load, and a handler that stands still. */

import { done, isBusError, type Message } from 'busbar/transport'
import { expect, it } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { heldBytes } from '../../../tooling/held-bytes.js'
import { channelOf, messageOf, payloadOf } from './channels.js'
import { consume, link, never, server } from './world.js'

describeBroker('nats', 'load', () => {
  it('F51 F57 kill -9 under load: what was receipted is delivered, and the worker comes back by itself', async () => {
    const broker = await server()
    const [sender, worker] = [await link({ url: broker.url }), await link({ url: broker.url })]
    const channel = channelOf('queue', 'a.load', { leaseMs: 1_000 })
    for (const one of [sender, worker]) await one.declare(channel, never)
    const seen = new Set<unknown>()
    const receipted = new Set<number>()
    let wake: () => void = () => {}
    await consume(worker, channel, { concurrency: 16 }, ({ message }) => {
      seen.add(payloadOf(message))
      wake()
      return done
    })
    const publishing: Promise<void>[] = []
    let sent = 0
    const publish = (): void => {
      const n = sent++
      const receipt = Promise.resolve(sender.publish({ channel, message: messageOf(channel, n) }, never))
      publishing.push(
        receipt.then(
          () => void receipted.add(n),
          (error: unknown) => expect(isBusError(error) && error.outcome).toBe('unknown'),
        ),
      )
    }
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 500; n++) publish()
      // Some of them are receipted, some are under way.
      await Promise.race(publishing.slice(-400))
      await broker.restart('SIGKILL')
    }
    await Promise.all(publishing)
    expect(receipted.size).toBeGreaterThan(0)
    const isAll = () => [...receipted].every((n) => seen.has(n))
    while (!isAll()) await new Promise<void>((resolve) => (wake = resolve))
  })

  it('F39 F42 a handler that stands still takes one message; the rest stays at the server', async () => {
    const { url } = await server()
    const [sender, worker] = [await link({ url }), await link({ url })]
    const channel = channelOf('queue', 'a.still')
    await sender.declare(channel, never)
    let release: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const held: Message[] = []
    await consume(worker, channel, { concurrency: 2 }, ({ message }) => {
      held.push(message)
      return gate.then(() => done)
    })
    const before = heldBytes()
    const ballast = 'x'.repeat(10_000)
    for (let n = 0; n < 40; n++) {
      const batch = Array.from({ length: 50 }, () => messageOf(channel, ballast))
      await Promise.all(batch.map((message) => sender.publish({ channel, message }, never)))
    }
    // 20 MB went to the server; none of it waits here but what is in hand.
    expect(held).toHaveLength(2)
    await expect.poll(() => heldBytes() - before, { timeout: 10_000 }).toBeLessThan(10_000_000)
    const other = await consume(await link({ url }), channel, { concurrency: 64 })
    await other.until(1_998)
    release()
  })
})
