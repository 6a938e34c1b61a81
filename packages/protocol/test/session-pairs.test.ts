// A client's end of pairs that outlive their connection: what it sends again, what it gives up, and when.

import {
  type Closed,
  EncodedBody,
  type Exchange,
  type Message,
  type Part,
  type Transport,
} from 'busbar/transport'
import { beforeEach, expect, it } from 'vitest'
import { readClose, readPart, writeClose, writePart, writeWindow } from '../src/exchange-frames.js'
import { FrameReader } from '../src/frame-reader.js'
import { frameType, resumePairs } from '../src/frames.js'
import { type PairProgress, PartLog } from '../src/part-log.js'
import { readResume, writeResume } from '../src/resume-frames.js'
import { channelOf, ScriptedHub, settled } from './scripted-hub.js'

const never = new AbortController().signal
const channel = channelOf('pair')
const body = (text: string) => new EncodedBody('json', new TextEncoder().encode(text))
const text = (part: Part): string => new TextDecoder().decode(part.body.bytes())
const message: Message = {
  id: 'm1',
  address: 'shop.order',
  key: undefined,
  headers: {},
  time: 0,
  body: body('1'),
}

let hub: ScriptedHub
let transport: Transport
let parts: string[]
let ends: Closed[]
let line: Exchange

/** Type, flags and exchange of the frames of pairs that the hub was told on this connection, with the text of parts. */
const told = () =>
  hub.now.heard
    .filter(({ type }) => type >= frameType.open)
    .map(({ type, flags, body }) => {
      const rest = new FrameReader().reset(body)
      if (type === frameType.resume)
        return ['resume', ...readResume(rest).flatMap((pair) => Object.values(pair))]
      const id = rest.u32()
      if (type === frameType.part) return ['part', id, text(readPart(rest, flags))]
      if (type === frameType.close) return ['close', id, readClose(rest).code]
      return [type === frameType.open ? 'open' : 'window', id]
    })

const say = (words: string): unknown => line.send({ body: body(words) })
/** The size of the frame of a part that carries so much text. */
const sizeOf = (words: string): number => 6 + 4 + words.length

async function back(resumed = true): Promise<void> {
  hub.ready = { ...hub.ready, resumed }
  await hub.clock.pass(1_000)
  await settled()
}

const answer = async (...pairs: PairProgress[]): Promise<void> => {
  hub.now.say((out) => writeResume(out, pairs))
  await settled()
}

beforeEach(async () => {
  hub = new ScriptedHub()
  hub.welcome = { ...hub.welcome, features: [resumePairs] }
  transport = await hub.connect()
  await transport.declare(channel, never)
  parts = []
  ends = []
  const peer = {
    part: (part: Part) => void parts.push(text(part)),
    closed: (end: Closed) => void ends.push(end),
  }
  line = transport.open({ channel, message, timeoutMs: undefined }, peer, never)
  await settled()
})

it('X1 sends again what the hub has not heard, then what was said meanwhile', async () => {
  for (const words of ['a', 'bb', 'ccc']) say(words)
  hub.now.say((out) => writePart(out, 1, { body: body('yes') }))
  hub.now.cut()
  const later = say('dddd')
  expect(later).toBeInstanceOf(Promise)
  await back()
  expect(told()).toEqual([['resume', 1, sizeOf('yes'), sizeOf('yes')]])
  await answer({ exchangeId: 1, heardBytes: sizeOf('a'), takenBytes: 0 })
  await later
  expect(told().slice(1)).toEqual(['bb', 'ccc', 'dddd'].map((words) => ['part', 1, words]))
  expect([parts, ends]).toEqual([['yes'], []])
})

it('X1 an opening that the hub never got is said again, with all that followed it', async () => {
  say('a')
  hub.now.cut()
  await back()
  await answer()
  expect(told().slice(1)).toEqual([
    ['open', 1],
    ['part', 1, 'a'],
  ])
  expect(ends).toEqual([])
})

it('X1 a pair that the hub knows no more is over with PAIR_RESET', async () => {
  hub.now.say((out) => writePart(out, 1, { body: body('yes') }))
  hub.now.cut()
  await back()
  await answer()
  expect(ends).toMatchObject([{ code: 'PAIR_RESET' }])
  expect(told()).toHaveLength(1)
})

it('X1 so are all pairs when the session is a new one, before anything is offered in it', async () => {
  hub.now.cut()
  expect(ends).toEqual([])
  await back(false)
  expect(ends).toMatchObject([{ code: 'PAIR_RESET' }])
})

it('X1 and at once when the hub said that it goes', async () => {
  hub.now.say((out) => {
    out.begin(frameType.goaway, 0)
    out.text16('')
    out.end()
  })
  hub.now.cut()
  expect(ends).toMatchObject([{ code: 'PAIR_RESET' }])
})

it('X1 a hub that stays away for longer than it keeps pairs: this side hears it, the hub is told later', async () => {
  hub.refusals = 1_000
  hub.now.cut()
  await hub.clock.pass(29_000)
  expect(ends).toEqual([])
  await hub.clock.pass(2_000)
  expect(ends).toMatchObject([{ code: 'PAIR_RESET' }])
  await expect(line.send({ body: body('x') })).rejects.toMatchObject({ code: 'PAIR_RESET' })
  hub.refusals = 0
  await back()
  await hub.clock.pass(5_000)
  await answer({ exchangeId: 1, heardBytes: 0, takenBytes: 0 })
  expect(told()).toEqual([
    ['resume', 1, 0, 0],
    ['close', 1, 'PAIR_RESET'],
  ])
  expect(ends).toHaveLength(1)
})

it('X1 last words and the end are said again until the hub has answered the end', async () => {
  say('bye')
  line.close({ code: 'DONE' })
  await settled()
  expect(told().at(-1)).toEqual(['close', 1, 'DONE'])
  hub.now.cut()
  await back()
  await answer({ exchangeId: 1, heardBytes: 0, takenBytes: 0 })
  expect(told().slice(1)).toEqual([
    ['part', 1, 'bye'],
    ['close', 1, 'DONE'],
  ])
  hub.now.say((out) => writeClose(out, 1, { code: 'DONE' }))
  hub.now.cut()
  await back()
  expect(told()).toEqual([['resume']])
  expect(ends).toEqual([{ code: 'DONE' }])
})

it('X1 an end that comes is answered, so that the hub can forget', async () => {
  hub.now.say((out) => writeClose(out, 1, { code: 'PEER_GONE' }))
  await settled()
  expect(told().at(-1)).toEqual(['close', 1, 'DONE'])
  expect(ends).toMatchObject([{ code: 'PEER_GONE' }])
})

it('R1 requests end with their connection all the same', async () => {
  const request = channelOf('request')
  await transport.declare(request, never)
  const closed: Closed[] = []
  transport.open(
    { channel: request, message, timeoutMs: undefined },
    { part() {}, closed: (end) => void closed.push(end) },
    never,
  )
  await settled()
  hub.now.cut()
  expect(closed).toMatchObject([{ code: 'DISCONNECTED' }])
  expect(ends).toEqual([])
})

it('X1 what is kept of a pair is bounded by its window, and soon told when it is quiet', async () => {
  for (let n = 0; n < 16; n++) hub.now.say((out) => writePart(out, 1, { body: body('x') }))
  await settled()
  expect(told().at(-1)).toEqual(['window', 1])

  const log = new PartLog(4_096)
  for (let n = 0; n < 40; n++) log.wrote({ body: body('x') }, 100)
  log.freed(3_000)
  expect(log.missing({ exchangeId: 1, heardBytes: 3_500, takenBytes: 3_000 })).toHaveLength(5)
  expect(log.outstandingBytes).toBe(1_000)
  for (const [heardBytes, takenBytes] of [
    [3_400, 3_000],
    [3_550, 3_000],
    [4_100, 3_000],
    [3_600, 3_700],
    [3_600, 2_900],
  ] as const) {
    expect(() => log.missing({ exchangeId: 1, heardBytes, takenBytes })).toThrow('cannot have been')
  }
})

it('X1 a window that opens lets the rest go, before a cut and after it', async () => {
  hub.welcome = { ...hub.welcome, exchangeWindowBytes: 40 }
  hub.now.cut()
  await back(false)
  line = transport.open({ channel, message, timeoutMs: undefined }, { part() {}, closed() {} }, never)
  await settled()
  const sent = ['a'.repeat(40), 'b', 'c'].map((words) => line.send({ body: body(words) }))
  hub.now.cut()
  await back()
  // It has come, but was not taken: there is no room yet.
  await answer({ exchangeId: 3, heardBytes: 50, takenBytes: 0 })
  expect(told()).toHaveLength(1)
  hub.now.say((out) => writeWindow(out, 3, 50))
  await Promise.all(sent)
  await settled()
  expect(told().slice(1)).toEqual([
    ['part', 3, 'b'],
    ['part', 3, 'c'],
  ])
})
