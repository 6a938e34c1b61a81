import {
  type Accept,
  type Channel,
  type Closed,
  EncodedBody,
  type Exchange,
  type Message,
  type Part,
  type Peer,
  type Transport,
} from 'busbar/transport'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  readClose,
  readOpen,
  readPart,
  writeClose,
  writeOffer,
  writePart,
  writeWindow,
} from '../src/exchange-frames.js'
import { FrameReader } from '../src/frame-reader.js'
import { frameType } from '../src/frames.js'
import { channelOf, ScriptedHub, settled } from './scripted-hub.js'

const never = new AbortController().signal
const requests = channelOf('request')
const pairs = channelOf('pair')

let hub: ScriptedHub
let transport: Transport

const reader = (body: Uint8Array): FrameReader => new FrameReader().reset(body)
const body = (text: string): EncodedBody => new EncodedBody('json', new TextEncoder().encode(text))
const message: Message = {
  id: 'm1',
  address: 'shop.order',
  key: undefined,
  headers: {},
  time: 0,
  body: body('1'),
}

function listening(hold?: Promise<void>) {
  const parts: string[] = []
  const ends: Closed[] = []
  const peer: Peer = {
    part({ body }: Part) {
      parts.push(new TextDecoder().decode(body.bytes()))
      return hold
    },
    closed: (reason) => void ends.push(reason),
  }
  return { parts, ends, peer }
}

const open = (
  channel: Channel,
  peer: Peer,
  more: { timeoutMs?: number; signal?: AbortSignal } = {},
): Exchange => transport.open({ channel, message, timeoutMs: more.timeoutMs }, peer, more.signal ?? never)
const heardParts = () =>
  hub.now.of(frameType.part).map(({ body, flags }) => {
    const rest = reader(body)
    return [rest.u32(), readPart(rest, flags)] as const
  })
const heardCloses = () =>
  hub.now.of(frameType.close).map(({ body }) => {
    const rest = reader(body)
    return [rest.u32(), readClose(rest).code] as const
  })

beforeEach(async () => {
  hub = new ScriptedHub()
  hub.welcome = { ...hub.welcome, exchangeWindowBytes: 40 }
  transport = await hub.connect()
  await transport.declare(requests, never)
  await transport.declare(pairs, never)
})

describe('open', () => {
  it('R1 a reply ends a request on this side without another frame', async () => {
    const { peer, parts, ends } = listening()
    open(requests, peer, { timeoutMs: 500 })
    await settled()
    const [frame] = hub.now.of(frameType.open)
    expect(readOpen(reader(frame!.body), frame!.flags, () => requests)).toMatchObject({
      exchangeId: 1,
      request: { timeoutMs: 500 },
    })
    hub.now.say((out) => writePart(out, 1, { body: body('42'), end: true }))
    expect([parts, ends]).toEqual([['42'], [{ code: 'DONE' }]])
    hub.now.say((out) => writeClose(out, 1, { code: 'DONE' }))
    expect(ends).toHaveLength(1)
  })

  it('R1 a lost connection ends requests and pairs with DISCONNECTED', async () => {
    const one = listening()
    const other = listening()
    open(requests, one.peer)
    open(pairs, other.peer)
    await settled()
    hub.now.cut()
    expect([...one.ends, ...other.ends]).toMatchObject([{ code: 'DISCONNECTED' }, { code: 'DISCONNECTED' }])
  })

  it('R1 a hub that does not answer in time is not waited for', async () => {
    const { peer, ends } = listening()
    open(requests, peer, { timeoutMs: 500 })
    await hub.clock.pass(750)
    expect(ends).toMatchObject([{ code: 'TIMEOUT' }])
    expect(heardCloses()).toEqual([[1, 'TIMEOUT']])
  })

  it('R1 an aborted signal cancels, here and at the hub', async () => {
    const caller = new AbortController()
    const { peer, ends } = listening()
    open(requests, peer, { signal: caller.signal })
    caller.abort()
    await settled()
    expect(ends).toMatchObject([{ code: 'CANCELLED' }])
    expect(heardCloses()).toEqual([[1, 'CANCELLED']])
  })

  it('nobody hears anything in the stack of the call', async () => {
    hub.refusals = 100
    hub.now.cut()
    const { peer, ends } = listening()
    open(requests, peer)
    expect(ends).toEqual([])
    await settled()
    expect(ends).toMatchObject([{ code: 'DISCONNECTED' }])
  })

  it('parts wait for the window of the other side and keep their order', async () => {
    const { peer } = listening()
    const line = open(pairs, peer)
    const sent = ['a'.repeat(40), 'b', 'c'].map((text) => line.send({ body: body(text) }))
    await settled()
    expect(sent[0]).toBeUndefined()
    expect(heardParts()).toHaveLength(1)
    hub.now.say((out) => writeWindow(out, 1, 50))
    await Promise.all(sent)
    await settled()
    expect(heardParts().map(([, part]) => part.body.size)).toEqual([40, 1, 1])
  })

  it('F33 a refused part with end leaves this side free to say its end later', async () => {
    const { peer, ends } = listening()
    const line = open(pairs, peer)
    const sent = Array.from({ length: 1 + 1_024 }, () => line.send({ body: body('x'.repeat(40)) }))
    await expect(line.send({ body: body('late'), end: true })).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    await settled()
    hub.now.say((out) => writeWindow(out, 1, 1_000_000))
    await Promise.all(sent)
    await line.send({ body: body('last'), end: true })
    await settled()
    expect(heardParts().at(-1)).toMatchObject([1, { body: { size: 4 }, end: true }])
    expect(ends).toEqual([])
    await expect(line.send({ body: body('more') })).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('gives the window back only when the receiver has taken the part', async () => {
    let take: () => void = () => undefined
    const hold = new Promise<void>((resolve) => (take = resolve))
    const { peer } = listening(hold)
    open(pairs, peer)
    await settled()
    hub.now.say((out) => writePart(out, 1, { body: body('x'.repeat(30)) }))
    await settled()
    expect(hub.now.of(frameType.window)).toHaveLength(0)
    take()
    await settled()
    const [window] = hub.now.of(frameType.window)
    expect(reader(window!.body).u32()).toBe(1)
    expect(reader(window!.body.subarray(4)).u32()).toBe(40)
  })

  it('sending on an ended exchange rejects with the reason', async () => {
    const { peer } = listening()
    const line = open(pairs, peer)
    await settled()
    hub.now.say((out) => writeClose(out, 1, { code: 'PEER_GONE', message: 'It left.' }))
    await expect(line.send({ body: body('1') })).rejects.toMatchObject({ code: 'PEER_GONE' })
  })
})

describe('accept', () => {
  const accept = (channel: Channel, fn: Accept) =>
    transport.accept({ channel, pattern: 'shop.order', concurrency: 4 }, fn, never)
  const offer = (channel: Channel): void =>
    hub.now.say((out) => writeOffer(out, 1, 2, channel, { timeoutMs: 100, message }))

  it('R3 a reply goes back under the number of the offer', async () => {
    const { peer, ends } = listening()
    await accept(requests, ({ exchange, message, timeoutMs }) => {
      expect(timeoutMs).toBe(100)
      void exchange.send({ body: message.body, failure: 'SoldOut', headers: { a: 'b' }, end: true })
      return peer
    })
    offer(requests)
    await settled()
    expect(heardParts()).toMatchObject([[2, { failure: 'SoldOut', headers: { a: 'b' }, end: true }]])
    expect(ends).toEqual([{ code: 'DONE' }])
  })

  it('an offer to an acceptor that has left is turned down', async () => {
    const acceptor = await accept(requests, () => listening().peer)
    await acceptor.close()
    offer(requests)
    await settled()
    expect(heardCloses()).toEqual([[2, 'PEER_GONE']])
  })

  it('F87 close waits for the exchanges that run', async () => {
    const { peer } = listening()
    let line: Exchange | undefined
    const acceptor = await accept(pairs, ({ exchange }) => {
      line = exchange
      return peer
    })
    offer(pairs)
    let closed = false
    void acceptor.close().then(() => (closed = true))
    await settled()
    expect(closed).toBe(false)
    line?.close({ code: 'DONE' })
    await settled()
    expect(closed).toBe(true)
    expect(hub.now.of(frameType.leave)).toHaveLength(1)
  })

  it('comes back after a break, and its exchanges do not', async () => {
    const { peer, ends } = listening()
    await accept(pairs, () => peer)
    offer(pairs)
    hub.now.cut()
    expect(ends).toMatchObject([{ code: 'DISCONNECTED' }])
    await hub.clock.pass(1_000)
    expect(hub.now.of(frameType.accept)).toHaveLength(1)
  })
})
