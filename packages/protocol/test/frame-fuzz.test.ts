import { type Channel, EncodedBody, isBusError } from 'busbar/transport'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as protocol from '../src/index.js'
import { channelOf } from './scripted-hub.js'

const channel: Channel = channelOf('queue')
const find = (): Channel => channel

/** Every reader of the package, as one that takes a body and its flags. */
const readers: Record<string, (body: protocol.FrameReader, flags: number) => unknown> = {
  hello: (body) => [protocol.readHelloRange(body), protocol.readHello(body)],
  welcome: protocol.readWelcome,
  auth: protocol.readAuth,
  ready: protocol.readReady,
  beat: protocol.readBeat,
  error: protocol.readError,
  ended: protocol.readEnded,
  declare: protocol.readDeclare,
  consume: protocol.readConsume,
  accept: protocol.readAccept,
  stop: protocol.readStop,
  leave: protocol.readLeave,
  manage: protocol.readManage,
  answer: (body) => protocol.readAnswer(body, { op: 'dead.list', limit: 1 }, 'shop.order'),
  publish: (body, flags) => touch(protocol.readPublish(body, flags, find).request.message),
  receipts: protocol.readReceipts,
  credit: protocol.readCredit,
  deliver: (body, flags) => touch(protocol.readDeliver(body, flags, channel).message),
  tokens: (body) => protocol.readTokens(body, () => undefined),
  settle: protocol.readSettle,
  gap: protocol.readGap,
  open: (body, flags) => touch(protocol.readOpen(body, flags, find).request.message),
  offer: (body, flags) => touch(protocol.readOffer(body, flags, channel).message),
  part: protocol.readPart,
  close: protocol.readClose,
}

/** What was checked when it came must be readable later. */
function touch(message: protocol.WireMessage): unknown {
  return [message.id, message.address, message.key, message.headers, message.time, message.bytes()]
}

it.each(Object.keys(readers))('F7 random bytes as %s give a value or a PROTOCOL_ERROR', (name) => {
  const run = (bytes: Uint8Array, flags: number): void => {
    try {
      readers[name]?.(new protocol.FrameReader().reset(bytes), flags)
    } catch (error) {
      if (!isBusError(error, 'PROTOCOL_ERROR')) throw error
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 0, max: 255 }), run), {
    numRuns: 300,
  })
})

const mutation = fc.record({ at: fc.nat(400), value: fc.integer({ min: 0, max: 255 }), keep: fc.nat(400) })

it('F5 F7 a PUBLISH with one changed byte or a missing end gives a message or a PROTOCOL_ERROR', () => {
  const out = new protocol.FrameWriter()
  protocol.writePublish(out, 1, 1, {
    channel,
    message: {
      id: '01a2046d-5fea-7a69-adb7-a7a262e0c9d5',
      address: 'shop.order.é.x',
      key: 'k',
      headers: { source: 'shop', tracé: '1' },
      time: 5,
      body: new EncodedBody('cbor', new Uint8Array([1, 2, 3])),
    },
  })
  let frame = new Uint8Array(0)
  out.handOver((chunk) => {
    frame = chunk.slice(6)
    return true
  })
  const run = ({ at, value, keep }: { at: number; value: number; keep: number }): void => {
    const bytes = frame.slice(0, Math.max(1, keep % (frame.length + 1)))
    bytes[at % bytes.length] = value
    try {
      readers.publish?.(new protocol.FrameReader().reset(bytes), 0)
    } catch (error) {
      if (!isBusError(error, 'PROTOCOL_ERROR')) throw error
    }
  }
  expect(frame.length).toBeGreaterThan(60)
  fc.assert(fc.property(mutation, run), { numRuns: 2_000 })
})
