/** The server killed under load, and handlers that stand still. */

import { type Deliver, done, type Transport } from 'busbar/transport'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Broker, describeBroker, startBroker } from '../../../tooling/brokers/index.mjs'
import { heldBytes } from '../../../tooling/held-bytes.js'
import { channelOf, linkTo, messageOf, never } from './support/link.js'

const mebibyte = 1_048_576

describeBroker('redis', 'redis under stress', () => {
  let server: Broker
  const links: Transport[] = []
  const open = async (onState?: Parameters<typeof linkTo>[1]): Promise<Transport> => {
    const link = await linkTo({ url: server.url }, onState)
    links.push(link)
    return link
  }
  beforeEach(async () => {
    server = await startBroker('redis', { config: 'appendfsync always' })
  })
  afterEach(async () => {
    await Promise.all(links.splice(0).map((link) => link.close(AbortSignal.abort())))
    await server?.close()
  })

  const consume = (
    link: Transport,
    channel: ReturnType<typeof channelOf>,
    concurrency: number,
    deliver: Deliver,
  ) =>
    link.consume(
      { channel, pattern: channel.name, group: undefined, concurrency, onGap() {} },
      deliver,
      never,
    )

  test('F44 kill -9 of the server three times under load: what was receipted as durable is handled, consumers come back', async () => {
    const [publisher, worker] = [await open(), await open()]
    const channel = channelOf('queue', 'load.bag', { durable: true })
    await publisher.declare(channel, never)
    const seen = new Map<string, number>()
    await consume(worker, channel, 16, ({ message }) => {
      seen.set(message.id, (seen.get(message.id) ?? 0) + 1)
      return done
    })
    const receipted: string[] = []
    let isOver = false
    const publishing = (async () => {
      while (!isOver) {
        const batch = Array.from({ length: 20 }, () => messageOf(channel, 'x'.repeat(200)))
        await Promise.all(
          batch.map(async (message) => {
            const { id, level } = await publisher.publish({ channel, message }, never)
            if (level === 'durable') receipted.push(id)
          }),
        )
      }
    })()
    for (let kills = 0; kills < 3; kills += 1) {
      const before = receipted.length
      await expect.poll(() => receipted.length, { timeout: 15_000 }).toBeGreaterThan(before + 100)
      await server.restart('SIGKILL')
    }
    isOver = true
    await publishing
    await expect.poll(() => receipted.every((id) => seen.has(id)), { timeout: 15_000 }).toBe(true)
    const counts = async () => {
      const { ready, leased, done: settled } = await worker.manage(channel, { op: 'inspect' }, never)
      return [ready, leased, settled]
    }
    await expect.poll(counts, { timeout: 15_000 }).toEqual([0, 0, receipted.length])
  })

  test('a link to a server that was killed says reconnecting and connected, with a reason in one line', async () => {
    const states: string[] = []
    await open((state, reason) => states.push(`${state} ${reason ?? ''}`.trim()))
    await server.kill()
    await expect.poll(() => states.length).toBe(1)
    expect(states[0]).toMatch(/^reconnecting The link to 127\.0\.0\.1:\d+ broke: [^\n]+$/)
    await server.restart()
    await expect.poll(() => states.at(-1), { timeout: 10_000 }).toBe('connected')
  })

  test('F43 a handler that stands still keeps a bounded number of records in this process', async () => {
    const [writer, reader] = [await open(), await open()]
    const channel = channelOf('stream', 'load.radar')
    const queue = channelOf('queue', 'load.slow')
    await Promise.all([writer.declare(channel, never), writer.declare(queue, never)])
    const ballast = 'x'.repeat(16_384)
    const fill = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        await Promise.all(
          [channel, queue].flatMap((to) =>
            Array.from({ length: 64 }, () =>
              writer.publish({ channel: to, message: messageOf(to, ballast) }, never),
            ),
          ),
        )
      }
    }
    let [records, messages] = [0, 0]
    const standStill = new Promise<never>(() => {})
    const request = { channel, pattern: channel.name, group: undefined, concurrency: 1, onGap() {} }
    await reader.consume(
      { ...request, start: 'start' },
      () => {
        records += 1
        return standStill
      },
      never,
    )
    await consume(reader, queue, 1, () => {
      messages += 1
      return standStill
    })
    await fill(4)
    await expect.poll(() => [records, messages]).toEqual([1, 1])
    const before = heldBytes()
    await fill(40)
    // 84 MiB went through the server; the reader may have taken one window of it.
    await expect.poll(() => heldBytes() - before, { timeout: 10_000 }).toBeLessThan(20 * mebibyte)
    expect([records, messages]).toEqual([1, 1])
  })
})
