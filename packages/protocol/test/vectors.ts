// The frames that docs/protocol.md shows byte by byte.

import { EncodedBody, type Message } from 'busbar/transport'
import type { FrameWriter } from '../src/frame-writer.js'
import * as protocol from '../src/index.js'
import { channelOf } from './scripted-hub.js'

const text = (value: string): EncodedBody => new EncodedBody('json', new TextEncoder().encode(value))

const plain: Message = {
  id: '01900000-0000-7000-8000-000000000001',
  address: 'shop.order',
  key: undefined,
  headers: {},
  time: 1_700_000_000_000,
  body: text('{}'),
}
const full: Message = {
  ...plain,
  id: 'A-1',
  address: 'shop.order.EU',
  key: 'ann',
  headers: { source: 'shop' },
  body: new EncodedBody('cbor', Uint8Array.of(0xa0)),
}
const queue = channelOf('queue')
const request = channelOf('request')
const { frameType } = protocol

export const vectors: Readonly<Record<string, (out: FrameWriter) => void>> = {
  'HELLO of a new session': (out) =>
    protocol.writeHello(out, protocol.versions, {
      features: [],
      service: 's',
      instance: 'i',
      session: undefined,
    }),
  'AUTH without a token': (out) => protocol.writeAuth(out, ''),
  'PING 7': (out) => protocol.writeBeat(out, frameType.ping, 7),
  'ERROR AUTH_FAILED': (out) =>
    protocol.writeError(out, { code: 'AUTH_FAILED', message: 'No.', details: {} }),
  'STOP consumer 3, request 9': (out) => protocol.writeStop(out, 9, 3),
  'OK to request 9': (out) => protocol.writeOk(out, 9),
  'PUBLISH on channel 1, sequence 5': (out) =>
    void protocol.writePublish(out, 1, 5, { channel: queue, message: plain }),
  'PUBLISH with everything': (out) =>
    void protocol.writePublish(out, 1, 6, { channel: queue, message: full, delayMs: 1_000, priority: 9 }),
  'RECEIPTS for 5 to 7, accepted': (out) =>
    protocol.writeReceipts(out, {
      first: 5,
      count: 3,
      level: 'accepted',
      offset: undefined,
      duplicate: false,
    }),
  'RECEIPTS for 8, duplicate at offset 40': (out) =>
    protocol.writeReceipts(out, { first: 8, count: 1, level: 'durable', offset: 40, duplicate: true }),
  'CREDIT of 16 for consumer 3': (out) => protocol.writeCredit(out, 3, 16),
  'DELIVER of a plain event': (out) =>
    void protocol.writeDeliver(
      out,
      3,
      'shop.order',
      {
        token: 0,
        attempt: 1,
        acquired: 1,
        offset: undefined,
        message: plain,
      },
      true,
    ),
  'DELIVER of a claim with an offset': (out) =>
    void protocol.writeDeliver(
      out,
      3,
      'shop.order',
      { token: 77, attempt: 2, acquired: 2, offset: 12, message: plain },
      true,
    ),
  'DELIVER of a claim that a crash undid before': (out) =>
    void protocol.writeDeliver(
      out,
      3,
      'shop.order',
      { token: 77, attempt: 1, acquired: 2, offset: undefined, message: plain },
      true,
    ),
  'ACK of tokens 77 and 78': (out) => protocol.writeTokens(out, frameType.ack, 3, [77, 78]),
  'GAP of 2 from 4 to 5': (out) => protocol.writeGap(out, 3, { count: 2, from: 4, to: 5 }),
  'ENDED at until': (out) => protocol.writeEnded(out, 3, undefined),
  'OPEN of a request within 500 ms': (out) =>
    void protocol.writeOpen(out, 1, 2, { channel: request, message: plain, timeoutMs: 500 }),
  'PART that ends': (out) => void protocol.writePart(out, 1, { body: text('42'), end: true }),
  'WINDOW of 4096 bytes': (out) => protocol.writeWindow(out, 1, 4_096),
  'CLOSE with PEER_GONE': (out) => protocol.writeClose(out, 1, { code: 'PEER_GONE' }),
  'RESUME of pair 1, 4096 bytes heard, 1024 taken': (out) =>
    protocol.writeResume(out, [{ exchangeId: 1, heardBytes: 4_096, takenBytes: 1_024 }]),
  'RESUME without pairs': (out) => protocol.writeResume(out, []),
}

export function hexOf(write: (out: FrameWriter) => void): string {
  const out = new protocol.FrameWriter()
  write(out)
  const bytes: number[] = []
  out.handOver((chunk) => {
    bytes.push(...chunk)
    return true
  })
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
