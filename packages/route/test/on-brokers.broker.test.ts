/** A move between two real brokers, from the rehearsal to the day when the old one is left. */
import { nats } from '@busbar/nats'
import { redis } from '@busbar/redis'
import { contract, createBus, event, queue } from 'busbar'
import type { Connect } from 'busbar/transport'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { migrate, route } from '../src/index.js'

const air = contract('air', { landed: event(z.number()), bags: queue(z.number()) })
const upTo = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

/** A worker whose bags can be awaited. */
async function baggage(transport: Connect) {
  const bus = await createBus({ service: 'baggage', transport })
  const seen: number[] = []
  let told = (): void => {}
  await bus.work(air.bags, (bag) => {
    seen.push(bag)
    told()
  })
  return {
    seen,
    async until(count: number) {
      while (seen.length < count) await new Promise<void>((resolve) => (told = resolve))
      return seen.toSorted((a, b) => a - b)
    },
    [Symbol.asyncDispose]: () => bus.close(),
  }
}

async function sendAll(transport: Connect, bags: readonly number[]): Promise<void> {
  await using bus = await createBus({ service: 'desk', transport })
  for (const bag of bags) await bus.send(air.bags, bag)
}

describeBroker('redis', 'from Redis', () => {
  describeBroker('nats', 'to NATS', () => {
    test('each bag is handled once in every step of a move, and the shadows are the same bags', async () => {
      await using old = await startBroker('redis')
      await using young = await startBroker('nats')
      const wires = { from: redis({ url: old.url }), to: nats({ url: young.url }) }
      {
        const move = migrate(wires)
        await using worker = await baggage(move.connect)
        const desk = migrate(wires)
        await sendAll(desk.connect, upTo(0, 50))
        expect(await worker.until(50)).toEqual(upTo(0, 50))
        expect(desk.report()).toMatchObject({ shadowsSent: 50, shadowsFailed: 0 })
        const compared = () => move.report().groups.find(({ topic }) => topic === 'air.bags')
        await expect.poll(compared, { timeout: 10_000 }).toMatchObject({ real: 50, shadows: 50, matched: 50 })
        expect(compared()?.realSum).toBe(compared()?.shadowSum)
      }
      {
        await using worker = await baggage(migrate({ ...wires, write: 'to' }).connect)
        // One desk has moved, the other has not.
        await sendAll(migrate({ ...wires, write: 'to' }).connect, upTo(50, 75))
        await sendAll(migrate(wires).connect, upTo(75, 100))
        expect(await worker.until(50)).toEqual(upTo(50, 100))
      }
      await using worker = await baggage(nats({ url: young.url }))
      await sendAll(nats({ url: young.url }), upTo(100, 110))
      expect(await worker.until(10)).toEqual(upTo(100, 110))
    })

    test('F84 a route over both: each topic is on its own broker', async () => {
      await using queues = await startBroker('redis')
      await using events = await startBroker('nats')
      const transport = route({ 'air.bags': redis({ url: queues.url }), '**': nats({ url: events.url }) })
      await using worker = await baggage(transport)
      await using bus = await createBus({ service: 'tower', transport })
      let hear = (_flight: number): void => {}
      const landed = new Promise<number>((resolve) => (hear = resolve))
      await bus.subscribe(air.landed, (flight) => hear(flight))
      await bus.publish(air.landed, 1)
      expect(await landed).toBe(1)
      await bus.send(air.bags, 7)
      expect(await worker.until(1)).toEqual([7])
      expect(await queues.exec('redis-cli', ['-p', String(queues.port), 'keys', '*bags*'])).toContain('bags')
    })
  })
})
