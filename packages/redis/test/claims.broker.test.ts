/** Claims of a process that is gone without a word. */

import { createCuttingProxy } from '@busbar/conformance/proxy'
import { done, type Outcome } from 'busbar/transport'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, linkTo, messageOf, never, payloadOf } from './support/link.js'

describeBroker('redis', 'redis claims', () => {
  let server: Broker
  beforeAll(async () => {
    server = await startBroker('redis')
  })
  afterAll(() => server?.close())

  test('Q4 of a process that hangs, what was started counts as failed and what was only taken ahead does not', async () => {
    const proxy = await createCuttingProxy(() => ({ host: server.host, port: server.port }))
    const hanging = await linkTo({ url: `redis://${proxy.host}:${proxy.port}` })
    const fine = await linkTo({ url: server.url })
    const channel = channelOf('queue', 'claims.bag', { leaseMs: 300 })
    await fine.declare(channel, never)
    const total = 200
    await Promise.all(
      Array.from({ length: total }, (_, n) =>
        fine.publish({ channel, message: messageOf(channel, n) }, never),
      ),
    )
    const request = { channel, pattern: channel.name, group: undefined, concurrency: 1, onGap() {} }
    let begun = 0
    const hung = new Promise<unknown>((resolve) => {
      const handle = (value: unknown): Outcome | Promise<Outcome> => {
        begun += 1
        if (begun < 100) return done
        // From now on the server hears nothing of this process, neither renewals nor what it gives back.
        if (begun === 100) proxy.silence()
        resolve(value)
        return new Promise<Outcome>(() => {})
      }
      void hanging.consume(request, ({ message }) => handle(payloadOf(message)), never)
    })
    const stuck = await hung
    const attempts = new Map<unknown, number>()
    await fine.consume(
      request,
      ({ message, attempt }) => {
        attempts.set(payloadOf(message), attempt)
        return done
      },
      never,
    )
    const counts = async () => {
      const { done: settled, leased, ready } = await fine.manage(channel, { op: 'inspect' }, never)
      return [settled, leased, ready]
    }
    await expect.poll(counts, { timeout: 10_000 }).toEqual([total, 0, 0])
    // The first that the server knew to be in hand is one it cannot know to be settled; none behind it was begun.
    const failed = [...attempts].filter(([, attempt]) => attempt > 1).map(([value]) => Number(value))
    expect(failed.length).toBe(1)
    expect(failed[0]).toBeLessThanOrEqual(Number(stuck))
    await hanging.close(AbortSignal.abort())
    await fine.close(never)
    await proxy[Symbol.asyncDispose]()
  })

  test('Q2 an outcome that comes after the lease has gone to another changes nothing', async () => {
    const proxy = await createCuttingProxy(() => ({ host: server.host, port: server.port }))
    const cut = await linkTo({ url: `redis://${proxy.host}:${proxy.port}` })
    const fine = await linkTo({ url: server.url })
    const channel = channelOf('queue', 'claims.late', { leaseMs: 300 })
    await fine.declare(channel, never)
    await fine.publish({ channel, message: messageOf(channel, 1) }, never)
    const request = { channel, pattern: channel.name, group: undefined, concurrency: 1, onGap() {} }
    let settleLate: (outcome: Outcome) => void = () => {}
    let isLost = false
    await new Promise<void>((resolve) => {
      void cut.consume(
        request,
        (delivery) => {
          delivery.onLost(() => {
            isLost = true
          })
          proxy.silence()
          resolve()
          return new Promise<Outcome>((settle) => {
            settleLate = settle
          })
        },
        never,
      )
    })
    const taken = new Promise<number>((resolve) => {
      void fine.consume(
        request,
        ({ attempt }) => {
          resolve(attempt)
          return new Promise<Outcome>(() => {})
        },
        never,
      )
    })
    expect(await taken).toBe(2)
    await proxy.cut()
    await expect.poll(() => isLost).toBe(true)
    settleLate(done)
    const { done: settled, leased } = await fine.manage(channel, { op: 'inspect' }, never)
    expect([settled, leased]).toEqual([0, 1])
    await Promise.all([cut, fine].map((link) => link.close(AbortSignal.abort())))
    await proxy[Symbol.asyncDispose]()
  })
})
