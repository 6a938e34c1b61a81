/** A server that is killed, that takes no messages, and handlers that stand still. */

import { type Bus, contract, createBus, event, queue } from 'busbar'
import type { LinkState } from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { rabbitmq } from '../src/index.js'
import { queuesAreKnown } from './queues-known.js'
import { busOn, collector, server } from './world.js'

const airport = contract('airport', {
  moveBag: queue(z.number(), { durable: true, retry: { attempts: 20, backoff: 'fixed', initialMs: 1 } }),
  radar: event(z.string()),
})

/** A bus that says what its link says. */
async function watchedBus(url: string) {
  const told = collector<{ state: LinkState; reason: string | undefined }>()
  const bus: Bus = await createBus({
    service: 'watched',
    transport: (host) =>
      rabbitmq({ url })({ ...host, onState: (state, reason) => told.add({ state, reason }) }),
    drainTimeoutMs: 500,
  })
  onTestFinished(() => bus.close())
  return { bus, told }
}

describeBroker('rabbitmq', 'faults', () => {
  it('F51 kill -9 under load: nothing receipted is lost, publishers and workers go on by themselves', async () => {
    const broker = await startBroker('rabbitmq')
    onTestFinished(() => broker.close())
    const { bus, told } = await watchedBus(broker.url)
    const worker = await busOn({ url: broker.url }, 'worker')
    const handled = collector<number>()
    await worker.work(airport.moveBag, (n) => handled.add(n), { concurrency: 16 })
    const receipted = collector<number>()
    let next = 0
    let isOver = false
    const publisher = async (): Promise<void> => {
      while (!isOver) {
        const n = next
        next += 1
        await bus.send(airport.moveBag, n).then(() => receipted.add(n))
      }
    }
    const publishers = Promise.all(Array.from({ length: 32 }, publisher))
    await receipted.until(({ length }) => length >= 500)
    await queuesAreKnown(broker)
    await broker.restart('SIGKILL')
    await told.until((all) => all.at(-1)?.state === 'connected')
    const before = receipted.values.length
    await receipted.until(({ length }) => length >= before + 500)
    isOver = true
    await publishers
    const wanted = new Set(receipted.values)
    await handled.until((all) => {
      const seen = new Set(all)
      return [...wanted].every((n) => seen.has(n))
    })
    expect(told.values[0]?.state).toBe('reconnecting')
    expect(told.values[0]?.reason).toMatch(/^The connection to RabbitMQ at amqp:.* broke: .*\.$/)
  }, 120_000)

  it('F48 an alarm of the server: the status says so in one line, and publishes wait', async () => {
    const broker = await startBroker('rabbitmq', { config: 'disk_free_limit.absolute = 1000000GB' })
    onTestFinished(() => broker.close())
    const { bus, told } = await watchedBus(broker.url)
    const sending = bus.send(airport.moveBag, 1).catch((error: unknown) => error)
    const [alarm] = await told.until(({ length }) => length === 1)
    expect(alarm?.reason).toMatch(/^RabbitMQ at amqp:.* takes no messages now: low on disk\.$/)
    await bus.close()
    expect(await sending).toMatchObject({ outcome: 'unknown' })
  }, 120_000)

  it('F39 F40 handlers that stand still keep what is held here bounded', async () => {
    const { url } = await server()
    const [bus, stuck] = [
      await busOn({ url, prefix: 'still.' }),
      await busOn({ url, prefix: 'still.' }, 'stuck'),
    ]
    let release: () => void = () => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    let open = 0
    const hold = (): Promise<void> => {
      open += 1
      return gate
    }
    await stuck.work(airport.moveBag, hold, { concurrency: 4 })
    const buffer = { messages: 10, overflow: 'drop-oldest' } as const
    await stuck.subscribe(airport.radar, hold, { group: 'each', buffer })
    await Promise.all(Array.from({ length: 2_000 }, (_, n) => bus.send(airport.moveBag, n)))
    const text = 'x'.repeat(10_000)
    const before = process.memoryUsage().rss
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 250 }, () => bus.publish(airport.radar, text)))
    }
    // 50 MB of events went by; a buffer without an end would hold them all.
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
    expect(open).toBeLessThanOrEqual(5)
    release()
  })
})
