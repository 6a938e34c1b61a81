/** A broker that is away, that is killed under load, and that says no. */

import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { channelOf, collect, messageFor, openLink, signal } from './support/links.js'
import { startKafka } from './support/server.js'

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
})
