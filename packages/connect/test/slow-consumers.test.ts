// Consumers that do not keep up, through the bus on every wire: each policy does what it says, nobody else suffers.

import { contract, event, queue, request, type Trouble } from 'busbar'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { brokerOn, gate, until, upTo, wires } from './three-wires.js'
import { within } from './within.js'

const Count = z.object({ n: z.number() })
const slow = contract('slow', {
  tick: event(Count),
  job: queue(Count),
  ask: request({ input: Count, output: Count }),
})
/** More than may be on the way to a consumer on any wire, with the buffer below and what a link holds meanwhile. */
const flood = 6_000

describe.each(wires)('on %s', (wire) => {
  it('F40 drop-oldest: what was seen and what onGap told are everything, in order, the newest included', async () => {
    const newBus = await brokerOn(wire)
    const [sender, reader] = [await newBus('sender'), await newBus('reader')]
    const { passed, open } = gate()
    const seen: number[] = []
    const troubles: string[] = []
    let missed = 0
    reader.status.on('trouble', ({ code }) => troubles.push(code))
    await reader.subscribe(
      slow.tick,
      async ({ n }) => {
        seen.push(n)
        await passed
      },
      {
        buffer: { messages: 20, overflow: 'drop-oldest' },
        onGap: ({ count }) => {
          missed += count
        },
      },
    )
    for (const n of upTo(flood)) await sender.publish(slow.tick, { n })
    open()
    await until(() => seen.at(-1) === flood - 1)
    expect(missed).toBeGreaterThan(0)
    expect(seen.length + missed).toBe(flood)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    expect(troubles).toContain('GAP')
    expect((await reader.inspect(slow.tick)).dropped).toBe(missed)
  })

  it('F40 disconnect: the slow one ends with SLOW_CONSUMER, the other sees everything', async () => {
    const newBus = await brokerOn(wire)
    const [sender, reader, other] = [await newBus('sender'), await newBus('reader'), await newBus('other')]
    const { passed, open } = gate()
    const troubles: Trouble[] = []
    reader.status.on('trouble', (trouble) => troubles.push(trouble))
    const stuck = await reader.subscribe(slow.tick, () => passed, {
      buffer: { messages: 20, overflow: 'disconnect' },
    })
    const seen: number[] = []
    await other.subscribe(slow.tick, ({ n }) => void seen.push(n))
    for (const n of upTo(flood)) await sender.publish(slow.tick, { n })
    open()
    expect(await within(5_000, stuck.ended)).toBe('SLOW_CONSUMER')
    const message = expect.stringContaining(
      'subscribe() on "slow.tick" has ended by itself with SLOW_CONSUMER',
    )
    expect(troubles).toEqual([{ code: 'SLOW_CONSUMER', topic: 'slow.tick', id: undefined, message }])
    await until(() => seen.length === flood)
    expect(seen).toEqual(upTo(flood))
  })

  it('F41 block: publish() waits for the slow one and nothing is lost', async () => {
    const newBus = await brokerOn(wire)
    const [sender, reader] = [await newBus('sender'), await newBus('reader')]
    const { passed, open } = gate()
    const seen: number[] = []
    await reader.subscribe(
      slow.tick,
      async ({ n }) => {
        seen.push(n)
        await passed
      },
      { buffer: { messages: 20, overflow: 'block' } },
    )
    let receipted = 0
    const publishing = (async () => {
      for (const n of upTo(flood)) {
        await sender.publish(slow.tick, { n })
        receipted += 1
      }
    })()
    await until(async () => {
      const before = receipted
      for (const _ of upTo(5)) await reader.inspect(slow.tick)
      return receipted > 0 && receipted === before
    })
    expect(receipted).toBeLessThan(flood)
    open()
    await within(10_000, publishing)
    await until(() => seen.length === flood)
    expect(seen).toEqual(upTo(flood))
  })

  it('F42 with one message at a time a stuck worker keeps that one and no other', async () => {
    const newBus = await brokerOn(wire)
    const [sender, stuck, free] = [await newBus('sender'), await newBus('work'), await newBus('work')]
    const { passed, open } = gate()
    let held = 0
    await stuck.work(slow.job, () => {
      held += 1
      return passed
    })
    await sender.send(slow.job, { n: -1 })
    await until(() => held === 1)
    const done: number[] = []
    await free.work(slow.job, ({ n }) => void done.push(n))
    for (const n of upTo(100)) await sender.send(slow.job, { n })
    await until(() => done.length === 100)
    expect(done).toEqual(upTo(100))
    expect(held).toBe(1)
    open()
    await until(async () => (await sender.inspect(slow.job)).done === 101)
  })

  it('F39 a backlog stays with the broker: no more is out than the workers asked for', async () => {
    const newBus = await brokerOn(wire)
    const [sender, worker] = [await newBus('sender'), await newBus('worker')]
    const { passed, open } = gate()
    let running = 0
    await worker.work(
      slow.job,
      () => {
        running += 1
        return passed
      },
      { concurrency: 3 },
    )
    await Promise.all(upTo(500).map((n) => sender.send(slow.job, { n })))
    await until(() => running === 3)
    expect(await sender.inspect(slow.job)).toMatchObject({ leased: 3, ready: 497 })
    open()
    await until(async () => (await sender.inspect(slow.job)).done === 500)
    expect(running).toBe(500)
  })

  it('F35 requests that nobody serves fail fast, and then all is as before', async () => {
    const newBus = await brokerOn(wire)
    const [caller, replier] = [await newBus('caller'), await newBus('replier')]
    const codes = new Set<unknown>()
    for (const _ of upTo(5)) {
      const calls = upTo(1_000).map((n) =>
        caller.request(slow.ask, { n }).catch((error: { code: string }) => codes.add(error.code)),
      )
      await within(5_000, Promise.all(calls))
    }
    expect([...codes]).toEqual(['NO_RESPONDER'])
    await replier.reply(slow.ask, (value) => value)
    expect(await within(4_000, caller.request(slow.ask, { n: 7 }))).toEqual({ n: 7 })
    const state = await caller.inspect(slow.ask)
    expect(state).toMatchObject({ received: 5_001, ready: 0, leased: 0, done: 1 })
  })
})
