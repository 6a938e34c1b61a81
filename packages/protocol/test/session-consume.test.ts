import {
  type Channel,
  type ConsumeRequest,
  type Deliver,
  type Delivery,
  done,
  EncodedBody,
  type Outcome,
  type Transport,
} from 'busbar/transport'
import { beforeEach, describe, expect, it } from 'vitest'
import { readConsume } from '../src/control-frames.js'
import {
  readCredit,
  readSettle,
  readTokens,
  writeDeliver,
  writeGap,
  writeTokens,
} from '../src/delivery-frames.js'
import { writeEnded } from '../src/error-frames.js'
import { FrameReader } from '../src/frame-reader.js'
import { frameType } from '../src/frames.js'
import { writeBeat } from '../src/handshake-frames.js'
import { channelOf, ScriptedHub, settled } from './scripted-hub.js'

const never = new AbortController().signal
const queue = channelOf('queue')
const event = channelOf('event')
const stream = channelOf('stream')

let hub: ScriptedHub
let transport: Transport

const reader = (body: Uint8Array): FrameReader => new FrameReader().reset(body)
const deliver = (id: number, token: number, offset?: number): void =>
  hub.now.say((out) =>
    writeDeliver(
      out,
      id,
      'shop.order',
      {
        token,
        attempt: 1,
        acquired: 1,
        offset,
        message: {
          id: `m${token}`,
          address: 'shop.order',
          key: undefined,
          headers: {},
          time: 0,
          body: new EncodedBody('json', new Uint8Array(1)),
        },
      },
      true,
    ),
  )
const consume = (channel: Channel, handler: Deliver, more: Partial<ConsumeRequest> = {}) =>
  transport.consume(
    { channel, pattern: 'shop.order', group: 'g', concurrency: 2, onGap: () => undefined, ...more },
    handler,
    never,
  )
const tokensOf = (type: number): number[] => {
  const tokens: number[] = []
  for (const { body } of hub.now.of(type)) {
    const rest = reader(body)
    rest.u32()
    readTokens(rest, (token) => tokens.push(token))
  }
  return tokens
}
const credits = (): number[] =>
  hub.now.of(frameType.credit).map(({ body }) => readCredit(reader(body)).messages)

/** A handler that ends when told to. */
function handler() {
  const running: { delivery: Delivery; end: (outcome: Outcome) => void }[] = []
  const fn: Deliver = (delivery) => new Promise((end) => running.push({ delivery, end }))
  return { fn, running }
}

beforeEach(async () => {
  hub = new ScriptedHub()
  hub.welcome = { ...hub.welcome, heartbeatMs: 3_600_000 }
  transport = await hub.connect()
  for (const channel of [queue, event, stream]) await transport.declare(channel, never)
})

describe('consume', () => {
  it('claims get credit for their concurrency, and one back for each outcome', async () => {
    const { fn, running } = handler()
    await consume(queue, fn)
    deliver(1, 11)
    deliver(1, 12)
    expect(credits()).toEqual([2])
    for (const { end } of running) end(done)
    await settled()
    expect(tokensOf(frameType.ack)).toEqual([11, 12])
    expect(credits()).toEqual([2, 2])
  })

  it('plain events are fetched ahead and handed over under the concurrency', async () => {
    const { fn, running } = handler()
    await consume(event, fn)
    expect(credits()).toEqual([512])
    for (let i = 0; i < 5; i++) deliver(1, 0)
    expect(running).toHaveLength(2)
    running[0]?.end(done)
    await settled()
    expect(running).toHaveLength(3)
    expect(hub.now.of(frameType.ack)).toHaveLength(0)
  })

  it('gives credit back by half windows, which hold more small messages than large ones', async () => {
    await consume(event, () => done, { concurrency: 1 })
    for (let i = 0; i < 255; i++) deliver(1, 0)
    await settled()
    // One frame for all: what came is small, so that more than the 512 of the beginning may be on their way.
    expect(credits()).toHaveLength(2)
    expect(credits().reduce((sum, each) => sum + each) - 255).toBeGreaterThan(1_024)
    expect(credits().reduce((sum, each) => sum + each) - 255).toBeLessThanOrEqual(2_048)
  })

  it('F43 a consumer that gives no credit for ten minutes stays, renews what it has, and goes on', async () => {
    hub = new ScriptedHub()
    transport = await hub.connect()
    await transport.declare(queue, never)
    const { fn, running } = handler()
    await consume(queue, fn)
    deliver(1, 11)
    deliver(1, 12)
    const timers = hub.clock.timers
    for (let beats = 0; beats < 60; beats++) {
      await hub.clock.pass(10_000)
      hub.now.say((out) => writeBeat(out, frameType.pong, 0))
    }
    expect(hub.states).toEqual([])
    expect([hub.connections.length, credits(), running.length]).toEqual([1, [2], 2])
    expect(hub.clock.timers).toBe(timers)
    expect(tokensOf(frameType.extend).filter((token) => token === 11).length).toBeGreaterThanOrEqual(59)
    for (const { end } of running) end(done)
    await settled()
    expect(credits()).toEqual([2, 2])
    deliver(1, 13)
    expect(running).toHaveLength(3)
  })

  it('says in full what is not simply done', async () => {
    const outcome: Outcome = { kind: 'retry', afterMs: 5, failure: { message: 'no' } }
    await consume(queue, () => outcome)
    deliver(1, 11)
    await settled()
    const [settle] = hub.now.of(frameType.settle)
    expect(readSettle(reader(settle!.body))).toEqual({ consumerId: 1, token: 11, outcome })
  })

  it('Q2 a lost claim tells its handler and is not settled', async () => {
    const { fn, running } = handler()
    await consume(queue, fn)
    deliver(1, 11)
    let lost = 0
    running[0]?.delivery.onLost(() => lost++)
    hub.now.say((out) => writeTokens(out, frameType.lost, 1, [11]))
    expect(lost).toBe(1)
    running[0]?.end(done)
    await settled()
    expect(tokensOf(frameType.ack)).toEqual([])
  })

  it('leases are renewed while handlers run, and no longer', async () => {
    const { fn, running } = handler()
    await consume(queue, fn)
    deliver(1, 11)
    await hub.clock.pass(10_000)
    expect(tokensOf(frameType.extend)).toEqual([11])
    running[0]?.end(done)
    await hub.clock.pass(19_000)
    expect(tokensOf(frameType.extend)).toEqual([11])
  })

  it('after a break claims are lost, the consumer is back, and late outcomes are kept to oneself', async () => {
    const { fn, running } = handler()
    await consume(queue, fn)
    deliver(1, 11)
    let lost = 0
    running[0]?.delivery.onLost(() => lost++)
    hub.now.cut()
    expect(lost).toBe(1)
    await hub.clock.pass(1_000)
    expect(hub.now.of(frameType.consume)).toHaveLength(1)
    // One handler still runs, so there is room for one more only.
    expect(credits()).toEqual([1])
    deliver(1, 11)
    running[0]?.end(done)
    await settled()
    expect(tokensOf(frameType.ack)).toEqual([])
    expect(credits()).toEqual([1, 1])
  })

  it('F56 a reader goes on after a break where it was', async () => {
    await consume(stream, () => done, { group: undefined, start: 'start' })
    deliver(1, 11, 0)
    deliver(1, 12, 1)
    hub.now.cut()
    await hub.clock.pass(1_000)
    const [frame] = hub.now.of(frameType.consume)
    expect(readConsume(reader(frame!.body)).spec.start).toEqual({ offset: 2 })
  })

  it('E2 gaps reach the consumer', async () => {
    const gaps: unknown[] = []
    await consume(event, () => done, { onGap: (gap) => gaps.push(gap) })
    hub.now.say((out) => {
      writeGap(out, 1, { count: 3 })
      writeGap(out, 1, { count: 2, from: 4, to: 5 })
    })
    expect(gaps).toEqual([{ count: 3 }, { count: 2, from: 4, to: 5 }])
  })

  it('ends by itself only when what came before is handled', async () => {
    const { fn, running } = handler()
    const consumer = await consume(event, fn, { concurrency: 1 })
    let ended: unknown = 'no'
    void consumer.ended.then((code) => (ended = code))
    deliver(1, 0)
    deliver(1, 0)
    hub.now.say((out) => writeEnded(out, 1, 'SLOW_CONSUMER'))
    running[0]?.end(done)
    await settled()
    expect(ended).toBe('no')
    running[1]?.end(done)
    await settled()
    expect(ended).toBe('SLOW_CONSUMER')
  })

  it('F87 close starts nothing new, settles what runs, then leaves', async () => {
    const { fn, running } = handler()
    const consumer = await consume(queue, fn)
    deliver(1, 11)
    const closing = consumer.close()
    deliver(1, 12)
    await settled()
    expect(running).toHaveLength(1)
    expect(hub.now.of(frameType.leave)).toHaveLength(0)
    running[0]?.end(done)
    await closing
    await settled()
    expect(tokensOf(frameType.ack)).toEqual([11])
    expect(hub.now.of(frameType.leave)).toHaveLength(1)
    expect(await consumer.ended).toBeUndefined()
  })
})
