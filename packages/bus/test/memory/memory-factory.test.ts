/** Who meets whom on the memory wire, what it claims, and how it closes. */

import { describe, expect, it } from 'vitest'
import { features } from '../../src/capabilities.js'
import { memory } from '../../src/memory/memory.js'
import { done } from '../../src/outcome.js'
import {
  answer,
  byHand,
  channelOf,
  consumeOf,
  listener,
  memoryWorld,
  messageOf,
  never,
  publishOf,
  quiet,
} from './memory-world.js'

const events = channelOf('event')
const jobs = channelOf('queue')
const asks = channelOf('request')

describe('memory()', () => {
  it('lets buses meet that were given the same value, and no others', async () => {
    const { open } = memoryWorld()
    const [one, two, stranger] = await Promise.all([open(), open(), open(memory())])
    const got: string[] = []
    for (const transport of [one, two, stranger]) {
      const name = transport === stranger ? 'stranger' : 'friend'
      await transport.consume(
        consumeOf(events),
        () => {
          got.push(name)
          return done
        },
        never,
      )
    }
    await one.publish(publishOf(events, 'a'), never)
    await quiet()
    expect(got).toEqual(['friend', 'friend'])
  })

  it('refuses options it does not have, and a store that is none', () => {
    // @ts-expect-error a typing mistake would mean that nothing is kept
    expect(() => memory({ stor: async () => never })).toThrow(/INVALID_OPTION.*"stor".*store/)
    // @ts-expect-error what createHub takes is not what memory takes
    expect(() => memory({ store: { dir: 'data' } })).toThrow(/INVALID_OPTION.*fileStore\(\{ dir \}\)/)
  })

  it('never runs a handler in the stack of a publisher', async () => {
    const { open } = memoryWorld()
    const transport = await open()
    let calls = 0
    await transport.consume(
      consumeOf(events),
      () => {
        calls++
        return done
      },
      never,
    )
    void transport.publish(publishOf(events, 'a'), never)
    expect(calls).toBe(0)
    await quiet()
    expect(calls).toBe(1)
  })

  it('claims everything but durability and reconnection', async () => {
    const { name, capabilities } = await memoryWorld({ name: 'test' }).open()
    expect(name).toBe('test')
    const lacking = features.filter((feature) => capabilities.features[feature] !== 'native')
    expect(lacking).toEqual(['durable', 'reconnect'])
    expect(Object.isFrozen(capabilities) && Object.isFrozen(capabilities.features)).toBe(true)
    expect(JSON.parse(JSON.stringify(capabilities))).toEqual(capabilities)
  })

  it('keeps what it holds while one bus is open and forgets it after the last', async () => {
    const { open } = memoryWorld()
    const one = await open()
    const two = await open()
    await one.publish(publishOf(jobs, 'a'), never)
    await one.close(never)
    expect(await two.manage(jobs, { op: 'inspect' }, never)).toMatchObject({ ready: 1 })
    await two.close(never)
    const three = await open()
    await three.declare(jobs, never)
    expect(await three.manage(jobs, { op: 'inspect' }, never)).toMatchObject({ ready: 0, received: 0 })
  })

  it('TOO_LARGE is said where the hub would say it', async () => {
    const transport = await memoryWorld().open()
    const limit = transport.capabilities.limits.maxMessageBytes
    await transport.publish(publishOf(jobs, 'a', limit), never)
    await expect(transport.publish(publishOf(jobs, 'b', limit + 1), never)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      outcome: 'rejected',
    })
  })
})

describe('a closed transport', () => {
  it('F88 refuses everything with CLOSED, outcome rejected', async () => {
    const transport = await memoryWorld().open()
    await transport.close(never)
    const refused = { code: 'CLOSED', outcome: 'rejected' }
    await expect(transport.publish(publishOf(jobs, 'a'), never)).rejects.toMatchObject(refused)
    await expect(transport.declare(jobs, never)).rejects.toMatchObject(refused)
    await expect(transport.consume(consumeOf(jobs), () => done, never)).rejects.toMatchObject(refused)
    await expect(transport.manage(jobs, { op: 'purge' }, never)).rejects.toMatchObject(refused)
    const accept = { channel: asks, pattern: asks.name, concurrency: 1 }
    await expect(transport.accept(accept, () => listener().peer, never)).rejects.toMatchObject(refused)
    const { peer, heard } = listener()
    const exchange = transport.open({ channel: asks, message: messageOf('a'), timeoutMs: 1 }, peer, never)
    expect(heard).toEqual([])
    await quiet()
    expect(heard).toEqual(['CLOSED'])
    await expect(exchange.send(answer())).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('F86 close twice, each resolves once', async () => {
    const { open, clock } = memoryWorld()
    const transport = await open()
    await transport.consume(consumeOf(jobs), () => done, never)
    await Promise.all([transport.close(never), transport.close(never)])
    await transport.close(never)
    expect(clock.timers).toBe(0)
  })

  it('F87 waits for running handlers, settles what they did, and takes nothing new', async () => {
    const { open } = memoryWorld()
    const other = await open()
    const transport = await open()
    const { deliver, deliveries, finish } = byHand()
    const consumer = await transport.consume(consumeOf(jobs), deliver, never)
    for (const id of ['a', 'b']) await other.publish(publishOf(jobs, id), never)
    await quiet()
    let isClosed = false
    const closing = transport.close(never).then(() => {
      isClosed = true
    })
    await quiet()
    expect([deliveries.length, isClosed]).toEqual([1, false])
    finish[0]?.()
    await closing
    expect(await consumer.ended).toBeUndefined()
    expect(await other.manage(jobs, { op: 'inspect' }, never)).toMatchObject({ done: 1, ready: 1, leased: 0 })
  })

  it('F87 returns leases as failed when its signal ends the wait', async () => {
    const { open } = memoryWorld()
    const other = await open()
    const transport = await open()
    const { deliver, deliveries } = byHand()
    await transport.consume(consumeOf(jobs), deliver, never)
    await other.publish(publishOf(jobs, 'a'), never)
    await quiet()
    let isLost = false
    deliveries[0]?.onLost(() => {
      isLost = true
    })
    const overdue = new AbortController()
    const closing = transport.close(overdue.signal)
    overdue.abort()
    await closing
    expect(isLost).toBe(true)
    const attempts: number[] = []
    await other.consume(
      consumeOf(jobs),
      ({ attempt }) => {
        attempts.push(attempt)
        return done
      },
      never,
    )
    await quiet()
    expect(attempts).toEqual([2])
  })

  it('F87 does not wait again for a handler that was already waited for', async () => {
    const { open } = memoryWorld()
    const transport = await open()
    const { deliver } = byHand()
    const consumer = await transport.consume(consumeOf(jobs), deliver, never)
    await transport.publish(publishOf(jobs, 'a'), never)
    await quiet()
    const waiting = consumer.close()
    await transport.close(never)
    await waiting
  })

  it('X1 ends the exchanges of its bus on both sides', async () => {
    const { open } = memoryWorld()
    const server = await open()
    const client = await open()
    const served = [listener(), listener()]
    let next = 0
    const accept = { channel: asks, pattern: asks.name, concurrency: 8 }
    const acceptor = await server.accept(accept, () => served[next++]!.peer, never)
    const asked = [listener(), listener()]
    for (const { peer } of asked) {
      client.open({ channel: asks, message: messageOf('a'), timeoutMs: 1_000 }, peer, never)
    }
    await quiet()
    await client.close(never)
    expect(asked.map(({ heard }) => heard)).toEqual([['CLOSED'], ['CLOSED']])
    expect(served.map(({ heard }) => heard)).toEqual([['PEER_GONE'], ['PEER_GONE']])
    await acceptor.close()
    await server.close(never)
  })
})
