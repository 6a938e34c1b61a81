/** What is written and acknowledged together, and what must not be. */

import { Socket } from 'node:net'
import { contract, queue } from 'busbar'
import { expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { bare, busOn, collector, server } from './world.js'

const airport = contract('airport', { moveBag: queue(z.number()) })
const all = (count: number) => Array.from({ length: count }, (_, n) => n)

describeBroker('rabbitmq', 'turns', () => {
  it('Q2 a message whose handler still runs is not acknowledged with those behind it', async () => {
    const { url } = await server()
    const [bus, worker] = [
      await busOn({ url, prefix: 'turns.' }),
      await busOn({ url, prefix: 'turns.' }, 'worker'),
    ]
    const begun = collector<number>()
    let release: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const handle = (n: number, { signal }: { readonly signal: AbortSignal }): Promise<void> => {
      begun.add(n)
      // Two stay, with others before, between and behind them that end in one turn.
      if (n % 50 !== 25) return gate
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    }
    await worker.work(airport.moveBag, handle, { concurrency: 100 })
    for (const n of all(100)) await bus.send(airport.moveBag, n)
    await begun.until(({ length }) => length === 100)
    release()
    await worker.close()
    const amqp = await bare(url)
    const left: unknown[] = []
    for (;;) {
      const message = await amqp.basicGet({ queue: 'turns.airport.moveBag' })
      if (message === undefined) break
      left.push(JSON.parse(String(message.body)))
    }
    expect(left).toEqual([25, 75])
  })

  it('Q1 what is sent in one turn leaves in a few writes', async () => {
    const { url } = await server()
    const bus = await busOn({ url, prefix: 'writes.' })
    await bus.send(airport.moveBag, 0)
    const writes = [vi.spyOn(Socket.prototype, '_writev'), vi.spyOn(Socket.prototype, '_write')]
    onTestFinished(() => writes.forEach((spy) => void spy.mockRestore()))
    await Promise.all(all(500).map((n) => bus.send(airport.moveBag, n)))
    expect(writes.reduce((sum, { mock }) => sum + mock.calls.length, 0)).toBeLessThan(50)
  })
})
