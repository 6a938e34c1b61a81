/** The memory wire on a store: when it is opened and closed, what it promises then, and what a failed disk does to it. */

import { describe, expect, it } from 'vitest'
import type { OpenedStore } from '../../src/engine/store.js'
import { BusError } from '../../src/errors.js'
import { memory } from '../../src/memory/memory.js'
import { done } from '../../src/outcome.js'
import { ManualClock } from '../../src/testing/manual-clock.js'
import type { Deliver, LinkState, Transport } from '../../src/transport.js'
import { createMemoryStore, type MemoryStore } from '../engine/memory-store.js'
import { channelOf, consumeOf, never, publishOf, quiet } from './memory-world.js'

const jobs = channelOf('queue', { durable: true, dedupeMs: 60_000 })

/** A wire whose store syncs when told; each opening after the first finds what the one before had synced. */
function storedWire() {
  const opened: MemoryStore[] = []
  let closed = 0
  let fail: (error: BusError) => void = () => {}
  const failed = new Promise<BusError>((resolve) => {
    fail = resolve
  })
  const clock = new ManualClock()
  const connect = memory({
    async store() {
      const store = opened.at(-1)?.crash() ?? createMemoryStore()
      opened.push(store)
      const close = async (): Promise<void> => {
        store.sync()
        closed++
      }
      return Object.assign(store, { close, failed }) satisfies OpenedStore
    },
  })
  const states: LinkState[] = []
  return {
    states,
    get opened() {
      return opened.length
    },
    get closed() {
      return closed
    },
    open: (): Promise<Transport> =>
      connect({
        service: 'a',
        instance: 'a-1',
        clock,
        random: () => 0.5,
        onState: (state) => states.push(state),
      }),
    sync: () => opened.at(-1)?.sync(),
    async failDisk() {
      opened.at(-1)?.fail()
      opened.at(-1)?.sync()
      fail(new BusError('STORE_FAILED', 'The disk failed.', { outcome: 'unknown' }))
      await quiet()
    },
  }
}

const taking =
  (ids: string[]): Deliver =>
  ({ message }) => {
    ids.push(message.id)
    return done
  }

describe('memory({ store })', () => {
  it('opens the store once for all buses, claims durable, and closes it with the last of them', async () => {
    const wire = storedWire()
    const [one, two] = await Promise.all([wire.open(), wire.open()])
    expect(one.capabilities.features.durable).toBe('native')
    expect(wire.opened).toBe(1)
    await one.close(never)
    expect(wire.closed).toBe(0)
    await two.close(never)
    expect(wire.closed).toBe(1)
  })

  it('Q1 gives receipts when the disk has it, and has it again after the last bus has closed', async () => {
    const wire = storedWire()
    const before = await wire.open()
    let level = ''
    const receipt = Promise.resolve(before.publish(publishOf(jobs, 'a'), never)).then((given) => {
      level = given.level
    })
    await quiet()
    expect(level).toBe('')
    wire.sync()
    await receipt
    expect(level).toBe('durable')
    await before.close(never)
    const after = await wire.open()
    const ids: string[] = []
    await after.consume(consumeOf(jobs), taking(ids), never)
    await quiet()
    expect(ids).toEqual(['a'])
  })

  it('Q3 closes a consumer, purges and redrives only when that is on disk', async () => {
    const wire = storedWire()
    const transport = await wire.open()
    const receipt = transport.publish(publishOf(jobs, 'a'), never)
    wire.sync()
    await receipt
    const consumer = await transport.consume(consumeOf(jobs), taking([]), never)
    await quiet()
    const over: string[] = []
    const waits = [
      consumer.close().then(() => over.push('close')),
      transport.manage(jobs, { op: 'purge' }, never).then(() => over.push('purge')),
      transport.manage(jobs, { op: 'dead.redrive' }, never).then(() => over.push('redrive')),
    ]
    await transport.manage(jobs, { op: 'inspect' }, never)
    await quiet()
    expect(over).toEqual([])
    wire.sync()
    await Promise.all(waits)
    expect(over.sort()).toEqual(['close', 'purge', 'redrive'])
  })

  it('F44 is lost when the disk fails: what waits is unknown, what comes is rejected, and it is not opened again', async () => {
    const wire = storedWire()
    const transport = await wire.open()
    const consumer = await transport.consume(consumeOf(jobs), taking([]), never)
    const pending = Promise.resolve(transport.publish(publishOf(jobs, 'a'), never))
    const told = expect(pending).rejects.toMatchObject({ code: 'STORE_FAILED', outcome: 'unknown' })
    await wire.failDisk()
    await told
    expect(wire.states).toEqual(['lost'])
    expect(await consumer.ended).toBe('CLOSED')
    const refused = { code: 'STORE_FAILED', outcome: 'rejected' }
    await expect(transport.publish(publishOf(jobs, 'b'), never)).rejects.toMatchObject(refused)
    await expect(transport.declare(jobs, never)).rejects.toMatchObject(refused)
    await expect(transport.manage(jobs, { op: 'inspect' }, never)).rejects.toMatchObject(refused)
    await transport.close(never)
    await expect(wire.open()).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(wire.opened).toBe(1)
  })

  it('F48 rejects with what opening the store rejects with, and tries again with the next bus', async () => {
    let tries = 0
    const connect = memory({
      async store() {
        tries++
        throw new BusError('STORE_LOCKED', 'Somebody has it.')
      },
    })
    const host = { service: 'a', instance: '1', clock: new ManualClock(), random: () => 0.5, onState() {} }
    await expect(connect(host)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    await expect(connect(host)).rejects.toMatchObject({ code: 'STORE_LOCKED' })
    expect(tries).toBe(2)
  })
})
