// The hub's end of pairs whose client lost its connection: kept for its session, for nobody else, and not for ever.

import {
  frameType,
  type PairProgress,
  readClose,
  readPart,
  readResume,
  resumePairs,
  writeAccept,
  writeBeat,
  writeClose,
  writeGoaway,
  writeOpen,
  writePart,
  writeResume,
  writeWindow,
} from '@busbar/protocol'
import { ManualClock } from 'busbar/testing'
import { EncodedBody } from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import { createHub, type Hub, type HubOptions } from '../src/index.js'
import { until } from './bystander.js'
import { channelNamed, messageTo, type RawPeer, rawPeer } from './raw-peer.js'

const pair = channelNamed('pairs.line', 'pair', ['n'])
const features = [resumePairs]
const body = (text: string) => new EncodedBody('json', new TextEncoder().encode(text))

async function hubOf(options: HubOptions = {}): Promise<Hub> {
  const hub = await createHub({ tcp: { port: 0 }, limits: { drainTimeoutMs: 20 }, ...options })
  onTestFinished(() => hub.close())
  return hub
}

async function enter(hub: Hub, token = '', session?: { readonly id: string; readonly token: string }) {
  const peer = await rawPeer(hub.tcpUrl)
  const ready = await peer.hello(token, { features, session })
  await peer.declare(1, pair)
  return { peer, ...ready }
}

async function accept(peer: RawPeer, concurrency = 8): Promise<void> {
  writeAccept(peer.writer, {
    request: 2,
    acceptorId: 7,
    channelId: 1,
    spec: { pattern: `${pair.name}.*`, concurrency },
  })
  peer.flush()
  await peer.answer()
}

function dial(peer: RawPeer, exchangeId: number, path = String(exchangeId)): void {
  const message = messageTo(`${pair.name}.${path}`)
  writeOpen(peer.writer, exchangeId, 1, { channel: pair, message, timeoutMs: undefined })
  peer.flush()
}

/** The number of the next exchange that is offered. */
async function offered(peer: RawPeer): Promise<number> {
  const { body } = await peer.next(frameType.offer)
  expect(body.u32()).toBe(7)
  return body.u32()
}

async function heard(peer: RawPeer): Promise<string> {
  const { body, flags } = await peer.next(frameType.part)
  body.u32()
  return new TextDecoder().decode(readPart(body, flags).body.bytes())
}

async function closedWith(peer: RawPeer): Promise<string> {
  const { body } = await peer.next(frameType.close)
  body.u32()
  return readClose(body).code
}

async function resume(peer: RawPeer, pairs: readonly PairProgress[]): Promise<PairProgress[]> {
  writeResume(peer.writer, pairs)
  peer.flush()
  return readResume((await peer.next(frameType.resume)).body)
}

function say(peer: RawPeer, exchangeId: number, text: string): number {
  const bytes = writePart(peer.writer, exchangeId, { body: body(text) })
  peer.flush()
  return bytes
}

/** A dialer and an accepter that have said one thing each; the dialer's connection then breaks. */
async function broken(hub: Hub, token = '') {
  const [dialing, accepting] = [await enter(hub, token), await enter(hub, token)]
  await accept(accepting.peer)
  dial(dialing.peer, 1)
  const id = await offered(accepting.peer)
  const heardBytes = say(dialing.peer, 1, '"to"')
  say(accepting.peer, id, '"fro"')
  expect([await heard(accepting.peer), await heard(dialing.peer)]).toEqual(['"to"', '"fro"'])
  dialing.peer.socket.destroy()
  await until(() => hub.inspect().resumable === 1)
  return { accepting: accepting.peer, id, session: dialing.session, heardBytes }
}

it('X1 what one end lacks is sent again, what it has is not', async () => {
  const hub = await hubOf()
  const { accepting, id, session, heardBytes } = await broken(hub)
  say(accepting, id, '"more"')
  const { peer, resumed } = await enter(hub, '', session)
  expect(resumed).toBe(true)
  // It says that it has heard nothing, so the first part comes again as well.
  const there = await resume(peer, [{ exchangeId: 1, heardBytes: 0, takenBytes: 0 }])
  expect(there).toEqual([{ exchangeId: 1, heardBytes, takenBytes: heardBytes }])
  expect([await heard(peer), await heard(peer)]).toEqual(['"fro"', '"more"'])
})

it('X1 when the window is over the other side hears PAIR_RESET, and the address is free', async () => {
  const clock = new ManualClock()
  const hub = await hubOf({ clock, limits: { resumeMs: 10_000, heartbeatMs: 600_000, drainTimeoutMs: 20 } })
  const { accepting, session } = await broken(hub)
  clock.advance(9_000)
  const third = await enter(hub)
  dial(third.peer, 1)
  expect(await closedWith(third.peer)).toBe('PAIR_TAKEN')
  clock.advance(2_000)
  expect(await closedWith(accepting)).toBe('PAIR_RESET')
  dial(third.peer, 3, '1')
  await offered(accepting)
  expect((await enter(hub, '', session)).resumed).toBe(false)
  // The hub closes with its own clock, which nobody moves any more.
  for (const peer of [accepting, third.peer]) peer.socket.destroy()
  await until(() => hub.inspect().exchanges === 0)
})

it('F27 X1 another principal gets neither the session nor its pairs', async () => {
  const tokens = new Map([
    ['a-token-of-ann-0123', 'ann'],
    ['a-token-of-ben-0123', 'ben'],
  ])
  const hub = await hubOf({ auth: (token) => tokens.get(token) })
  const { session } = await broken(hub, 'a-token-of-ann-0123')
  const ben = await enter(hub, 'a-token-of-ben-0123', session)
  expect(ben.resumed).toBe(false)
  expect(await resume(ben.peer, [{ exchangeId: 1, heardBytes: 0, takenBytes: 0 }])).toEqual([])
  const ann = await enter(hub, 'a-token-of-ann-0123', session)
  expect(ann.resumed).toBe(true)
  await resume(ann.peer, [{ exchangeId: 1, heardBytes: 0, takenBytes: 0 }])
  expect(await heard(ann.peer)).toBe('"fro"')
})

it('X1 a client that says goodbye ends its pairs at once, and its session', async () => {
  const hub = await hubOf()
  const [dialing, accepting] = [await enter(hub), await enter(hub)]
  await accept(accepting.peer)
  dial(dialing.peer, 1)
  await offered(accepting.peer)
  writeGoaway(dialing.peer.writer, '')
  dialing.peer.flush()
  expect(await closedWith(accepting.peer)).toBe('PEER_GONE')
  await dialing.peer.end()
  expect(hub.inspect().resumable).toBe(0)
})

it('X1 an older client keeps no pairs: they end with its connection, and CLOSE asks for no answer', async () => {
  const hub = await hubOf()
  const accepting = await enter(hub)
  await accept(accepting.peer)
  const old = await rawPeer(hub.tcpUrl)
  await old.hello()
  await old.declare(1, pair)
  dial(old, 1)
  await offered(accepting.peer)
  old.socket.destroy()
  expect(await closedWith(accepting.peer)).toBe('PEER_GONE')
})

it('X1 an offer that was lost is made again', async () => {
  const hub = await hubOf()
  const { peer, session } = await enter(hub)
  await accept(peer)
  const dialing = await enter(hub)
  // The accepter is cut off before it can read the offer.
  peer.socket.pause()
  dial(dialing.peer, 1)
  say(dialing.peer, 1, '"hello"')
  await until(() => hub.inspect().exchanges === 2)
  peer.socket.destroy()
  await until(() => hub.inspect().resumable === 1)
  const back = await enter(hub, '', session)
  expect(await resume(back.peer, [])).toEqual([])
  const id = await offered(back.peer)
  expect(await heard(back.peer)).toBe('"hello"')
  say(back.peer, id, '"yes"')
  expect(await heard(dialing.peer)).toBe('"yes"')
})

it('X1 the last words and the end wait for a side that is away', async () => {
  const hub = await hubOf()
  const { accepting, id, session, heardBytes } = await broken(hub)
  say(accepting, id, '"bye"')
  writeClose(accepting.writer, id, { code: 'DONE' })
  accepting.flush()
  // Who said CLOSE is told at once that it was heard.
  expect(await closedWith(accepting)).toBe('DONE')
  const { peer } = await enter(hub, '', session)
  // What it was told is one letter longer than what it told.
  await resume(peer, [{ exchangeId: 1, heardBytes: heardBytes + 1, takenBytes: 0 }])
  expect([await heard(peer), await closedWith(peer)]).toEqual(['"bye"', 'DONE'])
})

it('X1 last words and an end that were lost on the way are said again, until the client has answered', async () => {
  const hub = await hubOf()
  const [dialing, accepting] = [await enter(hub), await enter(hub)]
  await accept(accepting.peer)
  dial(dialing.peer, 1)
  const id = await offered(accepting.peer)
  // The dialer is cut off before it can read them.
  dialing.peer.socket.pause()
  say(accepting.peer, id, '"bye"')
  writeClose(accepting.peer.writer, id, { code: 'DONE' })
  accepting.peer.flush()
  await closedWith(accepting.peer)
  dialing.peer.socket.destroy()
  await until(() => hub.inspect().resumable === 1)
  const { peer } = await enter(hub, '', dialing.session)
  await resume(peer, [{ exchangeId: 1, heardBytes: 0, takenBytes: 0 }])
  expect([await heard(peer), await closedWith(peer)]).toEqual(['"bye"', 'DONE'])
  expect(hub.inspect().exchanges).toBe(1)
  writeClose(peer.writer, 1, { code: 'DONE' })
  peer.flush()
  await until(() => hub.inspect().exchanges === 0)
})

it('X1 what was heard and not taken leaves no more room after a break than before', async () => {
  const hub = await hubOf({ limits: { exchangeWindowBytes: 1_024, drainTimeoutMs: 20 } })
  const [dialing, accepting] = [await enter(hub), await enter(hub)]
  await accept(accepting.peer)
  dial(dialing.peer, 1)
  const id = await offered(accepting.peer)
  const words = `"${'x'.repeat(198)}"`
  const size = say(accepting.peer, id, words)
  for (const _ of [2, 3, 4, 5, 6]) say(accepting.peer, id, words)
  // Five fill the window, the sixth waits.
  for (const _ of [1, 2, 3, 4, 5]) await heard(dialing.peer)
  dialing.peer.socket.destroy()
  await until(() => hub.inspect().resumable === 1)
  const { peer } = await enter(hub, '', dialing.session)
  await resume(peer, [{ exchangeId: 1, heardBytes: 5 * size, takenBytes: 0 }])
  writeBeat(peer.writer, frameType.ping, 1)
  peer.flush()
  await peer.next(frameType.pong)
  expect(peer.frames.filter(({ type }) => type === frameType.part)).toEqual([])
  writeWindow(peer.writer, 1, 5 * size)
  peer.flush()
  expect(await heard(peer)).toBe(words)
})

it('X1 pairs that go on count against the concurrency of their acceptor', async () => {
  const hub = await hubOf()
  const { peer, session } = await enter(hub)
  await accept(peer, 1)
  const dialing = await enter(hub)
  dial(dialing.peer, 1)
  const id = await offered(peer)
  peer.socket.destroy()
  await until(() => hub.inspect().resumable === 1)
  const back = await enter(hub, '', session)
  await accept(back.peer, 1)
  await resume(back.peer, [{ exchangeId: id, heardBytes: 0, takenBytes: 0 }])
  dial(dialing.peer, 3)
  say(dialing.peer, 1, '"still"')
  expect(await heard(back.peer)).toBe('"still"')
  expect(back.peer.frames.filter(({ type }) => type === frameType.offer)).toEqual([])
})

it('F1 a place where a pair cannot have been is a PROTOCOL_ERROR', async () => {
  for (const [heardBytes, takenBytes] of [
    [1, 0],
    [1_000_000, 0],
    [0, 1],
  ] as const) {
    const hub = await hubOf()
    const { session } = await broken(hub)
    const { peer } = await enter(hub, '', session)
    writeResume(peer.writer, [{ exchangeId: 1, heardBytes, takenBytes }])
    peer.flush()
    expect(await peer.end()).toBe('PROTOCOL_ERROR')
  }
})
