/** A broker that is away, that is killed under load, and that says no. */

import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { heldBytes } from '../../../tooling/held-bytes.js'
import { channelOf, collect, messageFor, openLink, signal } from './support/links.js'
import { startKafka } from './support/server.js'

const mebibyte = 1_048_576

describe('no broker', () => {
  it('F50 is UNREACHABLE, naming the address', async () => {
    await expect(openLink({ url: 'kafka://127.0.0.1:1' })).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('127.0.0.1:1'),
    })
  })
})

describeBroker('kafka', 'failures', () => {
  it('Q1 F51 killed under load: what was receipted is there, publishes go on, workers come back', async () => {
    await using server = await startKafka()
    const states: string[] = []
    const link = await openLink({ url: server.url }, (state) => states.push(state))
    const channel = channelOf('queue', 'killed.work', { durable: true })
    await link.declare(channel, signal)
    const worker = await collect(link, channel)
    const receipted: string[] = []
    const publishing = (async () => {
      for (let n = 0; n < 300; n += 1) {
        const { id } = await link.publish({ channel, message: messageFor(channel, `m${n}`, n) }, signal)
        receipted.push(id)
      }
    })()
    await worker.next()
    await server.restart('SIGKILL')
    await publishing
    const missing = new Set(receipted)
    missing.delete('m0')
    while (missing.size > 0) missing.delete((await worker.next()).id)
    expect(receipted).toHaveLength(300)
    expect(states).toEqual(['reconnecting', 'connected'])
    await link.close(signal)
  }, 120_000)

  it('many publishes listen to their signal once, and end with it', async () => {
    await using server = await startKafka()
    const link = await openLink({ url: server.url })
    const channel = channelOf('queue', 'signal.work')
    await link.declare(channel, signal)
    const own = new AbortController()
    const publish = async (n: number) =>
      link.publish({ channel, message: messageFor(channel, `m${n}`, n) }, own.signal)
    await publish(0)
    const all = Array.from({ length: 20 }, (_, n) => publish(n + 1))
    // Each asks for the place of the topic first, which is known by now.
    await new Promise((resolve) => process.nextTick(resolve))
    expect(getEventListeners(own.signal, 'abort')).toHaveLength(1)
    own.abort()
    const results = await Promise.allSettled(all)
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'CANCELLED', outcome: 'rejected' } })
    }
    await link.close(signal)
  }, 120_000)

  it('F2 a payload above the limit is TOO_LARGE, before anything is sent', async () => {
    await using server = await startKafka()
    const link = await openLink({ url: server.url, maxMessageBytes: 1_000 })
    const channel = channelOf('queue', 'limits.own')
    await link.declare(channel, signal)
    const send = async (value: string) =>
      link.publish({ channel, message: messageFor(channel, 'm', value) }, signal)
    await expect(send('x'.repeat(1_000))).rejects.toMatchObject({ code: 'TOO_LARGE', outcome: 'rejected' })
    await expect(send('x'.repeat(990))).resolves.toMatchObject({ level: 'accepted' })
    await link.close(signal)
  }, 120_000)

  it('Q5 a letter of an ordered queue tells its first failure beside its last', async () => {
    await using server = await startKafka()
    const link = await openLink({ url: server.url })
    const channel = channelOf('queue', 'letters.ordered', { ordered: true })
    await link.declare(channel, signal)
    const request = { channel, pattern: channel.name, group: undefined, concurrency: 1, onGap() {} }
    const consumer = await link.consume(
      request,
      async ({ attempt }) => {
        const failure = { message: `try ${attempt}` }
        if (attempt < 3) return { kind: 'retry', afterMs: 0, failure }
        return { kind: 'reject', reason: 'attempts', failure }
      },
      signal,
    )
    await link.publish({ channel, message: messageFor(channel, 'm', 1, { key: 'KL' }) }, signal)
    const list = () => link.manage(channel, { op: 'dead.list', limit: 10 }, signal)
    await expect.poll(async () => (await list()).letters, { timeout: 30_000 }).toHaveLength(1)
    const [letter] = (await list()).letters
    expect([letter?.attempts, letter?.firstFailure?.message, letter?.lastFailure?.message]).toEqual([
      ...[3, 'try 1', 'try 3'],
    ])
    await consumer.close()
    await link.close(signal)
  }, 120_000)

  it('F43 handlers that stand still keep a bounded number of records in this process', async () => {
    await using server = await startKafka()
    const [writer, reader] = [await openLink({ url: server.url }), await openLink({ url: server.url })]
    const channels = [
      ...[channelOf('stream', 'slow.stream'), channelOf('queue', 'slow.shared')],
      channelOf('queue', 'slow.ordered', { ordered: true }),
    ]
    const ballast = 'x'.repeat(16_384)
    const fill = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        const batch = channels.flatMap((channel) =>
          Array.from({ length: 32 }, (_, n) =>
            writer.publish({ channel, message: messageFor(channel, `${round}-${n}`, ballast) }, signal),
          ),
        )
        await Promise.all(batch)
      }
    }
    const handled = channels.map(() => 0)
    const standStill = new Promise<never>(() => {})
    for (const [index, channel] of channels.entries()) {
      await writer.declare(channel, signal)
      const group = channel.kind === 'stream' ? 'g' : undefined
      const request = { channel, pattern: channel.name, group, concurrency: 1, onGap() {} }
      await reader.consume(
        { ...request, ...(group !== undefined && { start: 'start' }) },
        () => {
          handled[index] = (handled[index] ?? 0) + 1
          return standStill
        },
        signal,
      )
    }
    await fill(2)
    await expect.poll(() => handled, { timeout: 30_000 }).toEqual([1, 1, 1])
    const before = heldBytes()
    await fill(80)
    // 120 MiB went through the broker; a window of 16 MiB may be read ahead of each of the two that are in order.
    await expect.poll(() => heldBytes() - before, { timeout: 10_000 }).toBeLessThan(48 * mebibyte)
    expect(handled).toEqual([1, 1, 1])
    await Promise.all([writer.close(signal), reader.close(AbortSignal.abort())])
  }, 120_000)
})
