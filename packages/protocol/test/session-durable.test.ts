/** Durable channels at a client: a consumer that closes asks whether its settlements are on disk, and says so if not. */

import { type Channel, done, EncodedBody, type Outcome, type Transport } from 'busbar/transport'
import { beforeEach, describe, expect, it } from 'vitest'
import { writeDeliver } from '../src/delivery-frames.js'
import { writeEnded, writeFail, writeRefused } from '../src/error-frames.js'
import { FrameReader } from '../src/frame-reader.js'
import { frameType } from '../src/frames.js'
import { writeOk } from '../src/manage-frames.js'
import { channelOf, ScriptedHub, settled } from './scripted-hub.js'

const never = new AbortController().signal
const plain = channelOf('queue')
const queue: Channel = { ...plain, guarantees: { ...plain.guarantees, durable: true } }
const message = {
  id: 'm1',
  address: queue.name,
  key: undefined,
  headers: {},
  time: 0,
  body: new EncodedBody('json', new Uint8Array(1)),
}

let hub: ScriptedHub
let transport: Transport

beforeEach(async () => {
  hub = new ScriptedHub()
  transport = await hub.connect()
  await transport.declare(queue, never)
})

/** A consumer with one claim whose handler runs; STOP is answered by the test from then on. */
async function busy() {
  let end: (outcome: Outcome) => void = () => {}
  const seen: (number | undefined)[] = []
  const consumer = await transport.consume(
    { channel: queue, pattern: queue.name, group: undefined, concurrency: 1, onGap: () => undefined },
    ({ attempt, acquired }) => {
      seen.push(attempt, acquired)
      return new Promise((resolve) => {
        end = resolve
      })
    },
    never,
  )
  hub.mute.add(frameType.stop)
  hub.now.say((out) =>
    writeDeliver(out, 1, queue.name, { token: 7, attempt: 2, acquired: 5, offset: undefined, message }, true),
  )
  let fate = 'open'
  const closing = (): void => {
    consumer.close().then(
      () => (fate = 'closed'),
      (error: { code: string; outcome: string }) => (fate = `${error.code} ${error.outcome}`),
    )
  }
  return { closing, seen, fate: () => fate, finish: () => end(done) }
}

const stops = (): number[] =>
  hub.now.of(frameType.stop).map(({ body }) => new FrameReader().reset(body).u32())
const types = (): number[] =>
  hub.now.heard.map(({ type }) => type).filter((type) => type === frameType.ack || type === frameType.stop)

describe('a consumer of a durable channel', () => {
  it('Q4 tells its handler how often a message was handed out', async () => {
    expect((await busy()).seen).toEqual([2, 5])
  })

  it('Q3 is closed when the hub has answered a STOP that came after its last settlement', async () => {
    const { closing, fate, finish } = await busy()
    closing()
    await settled()
    hub.now.say((out) => writeOk(out, stops()[0] ?? 0))
    finish()
    await settled()
    expect(types()).toEqual([frameType.stop, frameType.ack, frameType.stop])
    expect(fate()).toBe('open')
    hub.now.say((out) => writeOk(out, stops()[1] ?? 0))
    await settled()
    expect(fate()).toBe('closed')
    expect(hub.now.of(frameType.leave)).toHaveLength(1)
  })

  it('Q3 needs one STOP only when nothing is settled after it', async () => {
    const { closing, fate, finish } = await busy()
    finish()
    await settled()
    closing()
    await settled()
    hub.now.say((out) => writeOk(out, stops()[0] ?? 0))
    await settled()
    expect([fate(), stops().length]).toEqual(['closed', 1])
  })

  it('closes in peace when the hub has ended it and forgotten it', async () => {
    const { closing, fate, finish } = await busy()
    hub.now.say((out) => writeEnded(out, 1, undefined))
    finish()
    await settled()
    closing()
    await settled()
    expect([fate(), stops()]).toEqual(['closed', []])
  })

  it('Q3 rejects when the disk failed or the link broke before anybody said that it is on disk', async () => {
    for (const [harm, told] of [
      [
        () => {
          for (const request of stops())
            hub.now.say((out) =>
              writeFail(out, request, { code: 'STORE_FAILED', message: 'EIO', details: {} }),
            )
        },
        'STORE_FAILED unknown',
      ],
      [() => hub.now.cut(), 'DISCONNECTED unknown'],
    ] as const) {
      hub = new ScriptedHub()
      transport = await hub.connect()
      await transport.declare(queue, never)
      const { closing, fate, finish } = await busy()
      finish()
      await settled()
      closing()
      for (let round = 0; round < 2; round++) {
        await settled()
        harm()
      }
      await settled()
      expect(fate()).toBe(told)
    }
  })
})

it('F44 the outcome of a publish that a failing disk refused is unknown', async () => {
  const receipt = transport.publish({ channel: queue, message }, never)
  const told = expect(receipt).rejects.toMatchObject({ code: 'STORE_FAILED', outcome: 'unknown' })
  await settled()
  hub.now.say((out) => writeRefused(out, 1, { code: 'STORE_FAILED', message: 'EIO', details: {} }))
  await told
})
