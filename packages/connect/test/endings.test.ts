// How buses end on every wire: whenever close() is called it resolves once, and nothing is pretended afterwards.

import { createServer } from 'node:net'
import { createHub } from '@busbar/hub'
import { tcp } from '@busbar/tcp'
import { websocket } from '@busbar/websocket'
import { type Connect, contract, createBus, event, pair, queue, request, stream } from 'busbar'
import type { Transport } from 'busbar/transport'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { cuttingProxy } from './cutting-proxy.js'
import { brokerOn, gate, until, wires } from './three-wires.js'
import { within } from './within.js'

const Count = z.object({ n: z.number() })
const end = contract('end', {
  told: event(Count),
  job: queue(Count, { retry: { attempts: 2, backoff: 'fixed', initialMs: 1, maxMs: 1 } }),
  ask: request({ input: Count, output: Count }),
  kept: stream(Count),
  talk: pair({ dialer: z.string(), accepter: z.string() }),
})
const one = { n: 1 }
const clientOf = { tcp, websocket }
const hubWires = ['tcp', 'websocket'] as const

describe.each(wires)('on %s', (wire) => {
  it('F88 after close() everything is CLOSED, and what is sent is rejected', async () => {
    const bus = await (await brokerOn(wire))('short')
    await bus.send(end.job, one)
    await bus.close()
    const closed = { code: 'CLOSED', outcome: 'rejected' }
    for (const refused of [
      bus.publish(end.told, one),
      bus.send(end.job, one),
      bus.append(end.kept, one),
      bus.request(end.ask, one),
      bus.dial(end.talk),
      bus.work(end.job, () => undefined),
      bus.reply(end.ask, (value) => value),
    ]) {
      await expect(refused).rejects.toMatchObject(closed)
    }
  })

  it('F86 close() twice, and while a subscription is being made, resolves each time', async () => {
    const bus = await (await brokerOn(wire))('short')
    const subscribing = bus
      .subscribe(end.told, () => undefined)
      .catch((error: { code: string }) => error.code)
    const closing = [bus.close(), bus.close()]
    await within(4_000, Promise.all(closing))
    expect(await within(4_000, subscribing)).toBe('CLOSED')
    await bus.close()
  })

  it('F87 close() lets the running handler finish, takes nothing new, and its outcome counts', async () => {
    const newBus = await brokerOn(wire)
    const [sender, worker] = [await newBus('sender'), await newBus('worker', { drainTimeoutMs: 10_000 })]
    const { passed, open } = gate()
    const begun: number[] = []
    await worker.work(end.job, ({ n }) => {
      begun.push(n)
      return passed
    })
    await sender.send(end.job, { n: 1 })
    await sender.send(end.job, { n: 2 })
    await until(() => begun.length === 1)
    const closing = worker.close()
    open()
    await within(4_000, closing)
    expect(begun).toEqual([1])
    expect(await sender.inspect(end.job)).toMatchObject({ done: 1, ready: 1, leased: 0 })
  })

  it('F87 when the drain time is over the lease goes back', async () => {
    const newBus = await brokerOn(wire)
    const [sender, worker] = [await newBus('sender'), await newBus('worker', { drainTimeoutMs: 50 })]
    let begun = false
    await worker.work(end.job, () => {
      begun = true
      return new Promise(() => undefined)
    })
    await sender.send(end.job, one)
    await until(() => begun)
    await within(4_000, worker.close())
    await until(async () => (await sender.inspect(end.job)).leased === 0)
    const { ready, delayed } = await sender.inspect(end.job)
    expect(ready + delayed).toBe(1)
  })

  it('Q2 a purge takes the message from its handler: ctx.signal aborts with LEASE_LOST, the outcome counts no more', async () => {
    const newBus = await brokerOn(wire)
    let below: Transport | undefined
    const transport: Connect = async (host) => {
      below = await newBus.connect(host)
      return below
    }
    const [sender, worker] = [await newBus('sender', { transport }), await newBus('worker')]
    let reason: unknown
    let finished = false
    await worker.work(end.job, async (_job, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      reason = signal.reason
      finished = true
    })
    await sender.send(end.job, one)
    await until(async () => (await sender.inspect(end.job)).leased === 1)
    await below?.manage(end.job.channel, { op: 'purge' }, new AbortController().signal)
    await until(() => finished)
    expect(reason).toMatchObject({ code: 'LEASE_LOST' })
    await until(async () => (await sender.inspect(end.job)).purged === 1)
    expect(await sender.inspect(end.job)).toMatchObject({ done: 0, leased: 0, ready: 0 })
  })
})

describe.each(hubWires)('on %s', (wire) => {
  it('F86 a bus that cannot connect gives up by itself and leaves no timer', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const address = silent.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const scheme = wire === 'tcp' ? 'tcp' : 'ws'
    const transport = clientOf[wire]({ url: `${scheme}://127.0.0.1:${port}`, connectTimeoutMs: 200 })
    const made = createBus({ service: 'early', transport })
    await expect(within(4_000, made)).rejects.toMatchObject({ code: 'UNREACHABLE' })
  })

  it('F86 close() while it reconnects resolves at once, and what waited is rejected', async () => {
    const hub = await createHub({ tcp: { port: 0 }, websocket: { port: 0 }, limits: { drainTimeoutMs: 50 } })
    const url = wire === 'tcp' ? hub.tcpUrl : hub.websocketUrl
    const bus = await createBus({ service: 'late', transport: clientOf[wire]({ url }), drainTimeoutMs: 50 })
    const states: string[] = []
    bus.status.on('state', (state) => states.push(state))
    await bus.declare(end)
    await hub.close()
    await until(() => states.includes('reconnecting'))
    const waiting = expect(bus.send(end.job, one)).rejects.toMatchObject({ outcome: 'rejected' })
    const closing = [bus.close(), bus.close()]
    await within(4_000, Promise.all(closing))
    await waiting
    expect(states).toEqual(['reconnecting', 'closed'])
  })

  it('F86 close() in the middle of a new handshake resolves at once', async () => {
    let target = ''
    const proxy = await cuttingProxy(() => target)
    // The proxy has a port of its own, which the hub would not take for its host.
    const websocket = { port: 0, allowedHosts: [new URL(proxy.url).host] }
    const hub = await createHub({ tcp: { port: 0 }, websocket })
    onTestFinished(() => hub.close())
    target = wire === 'tcp' ? hub.tcpUrl : hub.websocketUrl
    const url = wire === 'tcp' ? proxy.url : proxy.url.replace('tcp:', 'ws:')
    const bus = await createBus({ service: 'late', transport: clientOf[wire]({ url }), drainTimeoutMs: 50 })
    proxy.stallNext()
    proxy.cut()
    await until(() => proxy.made === 2)
    await within(4_000, bus.close())
    await until(() => hub.inspect().connections === 0)
  })
})
