import { EncodedBody, type PublishRequest, type Transport } from 'busbar/transport'
import { beforeEach, describe, expect, it } from 'vitest'
import { writeRefused } from '../src/error-frames.js'
import { FrameReader } from '../src/frame-reader.js'
import { frameType } from '../src/frames.js'
import { type ReceiptRun, readPublish, writeReceipts } from '../src/publish-frames.js'
import { channelOf, ScriptedHub, settled } from './scripted-hub.js'

let never: AbortSignal
const queue = channelOf('queue')
const event = channelOf('event')

let hub: ScriptedHub
let transport: Transport

const request = (id: string, channel = queue, bytes = 1): PublishRequest => ({
  channel,
  message: {
    id,
    address: channel.name,
    key: undefined,
    headers: {},
    time: 0,
    body: new EncodedBody('json', new Uint8Array(bytes)),
  },
})
const publish = (id: string, channel = queue, signal = never): Promise<unknown> =>
  Promise.resolve(transport.publish(request(id, channel), signal)).catch((error: unknown) => error)

/** Sequence and id of every PUBLISH of the present connection. */
const published = () =>
  hub.now.of(frameType.publish).map(({ body, flags }) => {
    const frame = readPublish(new FrameReader().reset(body), flags, () => queue)
    return `${frame.sequence}:${frame.request.message.id}`
  })
const receipt = (first: number, count: number, rest: Partial<ReceiptRun> = {}): void =>
  hub.now.say((out) =>
    writeReceipts(out, { first, count, level: 'accepted', offset: undefined, duplicate: false, ...rest }),
  )

beforeEach(async () => {
  never = new AbortController().signal
  hub = new ScriptedHub()
  transport = await hub.connect({ maxQueuedMessages: 3 })
  await transport.declare(queue, never)
  await transport.declare(event, never)
})

describe('publish', () => {
  it('resolves whole runs of receipts, in any order, with their offsets', async () => {
    const all = ['a', 'b', 'c'].map((id) => publish(id))
    await settled()
    receipt(2, 2, { offset: 40 })
    receipt(1, 1, { level: 'durable' })
    expect(await Promise.all(all)).toEqual([
      { id: 'a', level: 'durable' },
      { id: 'b', level: 'accepted', offset: 40 },
      { id: 'c', level: 'accepted', offset: 41 },
    ])
  })

  it('rejects what the hub refuses, and only that', async () => {
    const all = [publish('a'), publish('b')]
    await settled()
    hub.now.say((out) => writeRefused(out, 1, { code: 'QUEUE_FULL', message: 'No room.', details: {} }))
    receipt(2, 1)
    expect(await Promise.all(all)).toMatchObject([{ code: 'QUEUE_FULL', outcome: 'rejected' }, { id: 'b' }])
  })

  it('a receipt for what was never sent breaks the connection', async () => {
    receipt(1, 5)
    expect(hub.states).toEqual(['reconnecting'])
  })

  it('F41 waits while the window is full, in order, and rejects beyond the local bound', async () => {
    hub.welcome = { ...hub.welcome, publishWindowBytes: 1 }
    hub.now.cut()
    await hub.clock.pass(1_000)
    const all = ['a', 'b', 'c', 'd', 'e'].map((id) => publish(id))
    await settled()
    expect(published()).toEqual(['1:a'])
    expect(await all[4]).toMatchObject({ code: 'QUEUE_FULL', outcome: 'rejected' })
    receipt(1, 1)
    await settled()
    expect(published()).toEqual(['1:a', '2:b'])
  })

  it('F41 counts the bytes that wait out as it counted them in, though a body shrinks meanwhile', async () => {
    transport = await hub.connect({ maxQueuedBytes: 100 })
    await transport.declare(queue, never)
    for (let round = 1; round <= 5; round += 1) {
      hub.now.cut()
      // As the bus makes them: an upper bound of the size until somebody asks for the bytes.
      const body = new EncodedBody('json', new Uint8Array(10))
      let size = 60
      Object.defineProperty(body, 'size', { get: () => size })
      const { message } = request(`m${round}`)
      const published = transport.publish({ channel: queue, message: { ...message, body } }, never)
      size = 10
      await hub.clock.pass(1_000)
      receipt(1, 1)
      await expect(published).resolves.toMatchObject({ id: `m${round}` })
    }
  })

  it('F55 F57 a resumed session sends again what has no receipt, in order, under the same sequences', async () => {
    const all = ['a', 'b', 'c'].map((id) => publish(id))
    await settled()
    receipt(1, 1)
    hub.now.cut()
    const later = publish('d')
    hub.ready = { ...hub.ready, resumed: true, lastSequence: 2 }
    await hub.clock.pass(1_000)
    expect(published()).toEqual(['2:b', '3:c', '4:d'])
    receipt(2, 1, { duplicate: true })
    receipt(3, 2)
    expect(await Promise.all([...all, later])).toMatchObject([
      { id: 'a' },
      { id: 'b', duplicate: true },
      { id: 'c' },
      { id: 'd' },
    ])
  })

  it('a new session sends it under new sequences, but no plain event a second time', async () => {
    const lost = publish('a', event)
    const kept = publish('b')
    await settled()
    hub.now.cut()
    const waiting = publish('c', event)
    await hub.clock.pass(1_000)
    expect(await lost).toMatchObject({ code: 'DISCONNECTED', outcome: 'unknown' })
    expect(published()).toEqual(['1:b', '2:c'])
    receipt(1, 2)
    expect(await Promise.all([kept, waiting])).toMatchObject([{ id: 'b' }, { id: 'c' }])
  })

  it('can be given up, sent or not', async () => {
    const caller = new AbortController()
    const sent = publish('a', queue, caller.signal)
    await settled()
    hub.refusals = 1
    hub.now.cut()
    const unsent = publish('b', queue, caller.signal)
    caller.abort()
    expect(await Promise.all([sent, unsent])).toMatchObject([
      { code: 'CANCELLED', outcome: 'unknown' },
      { code: 'CANCELLED', outcome: 'rejected' },
    ])
    hub.ready = { ...hub.ready, resumed: true, lastSequence: 0 }
    await hub.clock.pass(1_000)
    expect(published()).toEqual(['1:a'])
  })

  it('TOO_LARGE keeps the connection', async () => {
    const large = request('a', queue, hub.welcome.maxMessageBytes + 1)
    await expect(transport.publish(large, never)).rejects.toMatchObject({
      code: 'TOO_LARGE',
      outcome: 'rejected',
    })
    expect(hub.states).toEqual([])
  })

  it('F87 close waits for receipts; F88 what comes afterwards is CLOSED', async () => {
    const sent = publish('a')
    await settled()
    const closing = transport.close(never)
    await expect(transport.publish(request('b'), never)).rejects.toMatchObject({
      code: 'CLOSED',
      outcome: 'rejected',
    })
    expect(hub.now.isOpen).toBe(true)
    receipt(1, 1)
    expect(await sent).toMatchObject({ id: 'a' })
    await closing
    expect(hub.now.isOpen).toBe(false)
  })

  it('F87 close does not wait longer than its signal', async () => {
    const sent = publish('a')
    const deadline = new AbortController()
    const closing = transport.close(deadline.signal)
    await settled()
    deadline.abort()
    await closing
    expect(await sent).toMatchObject({ code: 'CLOSED', outcome: 'unknown' })
  })
})
