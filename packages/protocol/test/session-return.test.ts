// What a session does when it comes back to a hub that has changed its mind, or breaks again at once.

import { EncodedBody, type Message } from 'busbar/transport'
import { describe, expect, it } from 'vitest'
import { writeDeliver } from '../src/delivery-frames.js'
import { writeFail } from '../src/error-frames.js'
import { FrameReader } from '../src/frame-reader.js'
import { frameType } from '../src/frames.js'
import { channelOf, ScriptedHub, settled } from './scripted-hub.js'

const never = new AbortController().signal
const message: Message = {
  id: '018bcfe5-6800-7000-8000-000000000001',
  address: 'shop.order',
  key: undefined,
  headers: {},
  time: 1_700_000_000_000,
  body: new EncodedBody('json', new TextEncoder().encode('{}')),
}
const refusal = { code: 'CONTRACT_MISMATCH', message: 'It is another one here.', details: {} } as const
const request = {
  pattern: 'shop.order',
  group: undefined,
  concurrency: 1,
  onGap() {},
}
const done = (): { readonly kind: 'done' } => ({ kind: 'done' })

async function back(hub: ScriptedHub): Promise<void> {
  await hub.clock.pass(10_000)
  await settled()
}

/** The hub says no to what the client asked last with a frame of this type. */
function refuse(hub: ScriptedHub, type: number): void {
  const body = hub.now.of(type).at(-1)?.body ?? new Uint8Array(0)
  hub.now.say((out) => writeFail(out, new FrameReader().reset(body).u32(), refusal))
}

describe('coming back', () => {
  it('F55 a session that was lost stays lost when the next connection breaks before it settled in', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    const channel = channelOf('event')
    await transport.declare(channel, never)
    const lost = expect(transport.publish({ channel, message }, never)).rejects.toMatchObject({
      code: 'DISCONNECTED',
      outcome: 'unknown',
    })
    await settled()
    hub.mute.add(frameType.declare)
    hub.now.cut()
    await back(hub)
    expect(hub.now.of(frameType.declare)).toHaveLength(1)
    hub.mute.clear()
    hub.ready = { ...hub.ready, resumed: true }
    hub.now.cut()
    await back(hub)
    await lost
    expect(hub.now.of(frameType.publish)).toHaveLength(0)
    void transport.publish({ channel, message }, never)
    await settled()
    const [{ body } = { body: new Uint8Array(0) }] = hub.now.of(frameType.publish)
    expect(new FrameReader().reset(body, 4).u48()).toBe(1)
  })

  it('C5 a channel that is refused now ends its consumers and leaves the connection to the others', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    const channel = channelOf('event')
    await transport.declare(channel, never)
    const consumer = await transport.consume({ ...request, channel }, done, never)
    const publish = expect(transport.publish({ channel, message }, never)).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
      outcome: 'unknown',
    })
    await settled()
    hub.mute.add(frameType.declare)
    hub.ready = { ...hub.ready, resumed: true }
    hub.now.cut()
    await back(hub)
    refuse(hub, frameType.declare)
    expect(await consumer.ended).toBe('CONTRACT_MISMATCH')
    await publish
    await settled()
    await expect(transport.manage(channel, { op: 'inspect' }, never)).rejects.toMatchObject({
      code: 'CONTRACT_MISMATCH',
    })
    expect(hub.now.of(frameType.consume)).toHaveLength(0)
    expect(hub.now.of(frameType.manage)).toHaveLength(0)
    expect(hub.states).toEqual(['reconnecting', 'connected'])
  })

  it('F86 what was being set up when the session closed is told so', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    const channel = channelOf('event')
    const pair = channelOf('pair')
    await transport.declare(channel, never)
    await transport.declare(pair, never)
    hub.mute.add(frameType.consume).add(frameType.accept)
    const closed = { code: 'CLOSED' }
    const consuming = expect(transport.consume({ ...request, channel }, done, never)).rejects.toMatchObject(
      closed,
    )
    const accepting = expect(
      transport.accept({ ...request, channel: pair }, () => ({ part() {}, closed() {} }), never),
    ).rejects.toMatchObject(closed)
    await transport.close(never)
    await consuming
    await accepting
  })

  it('F87 a consumer that is closing does not subscribe again', async () => {
    const hub = new ScriptedHub()
    const transport = await hub.connect()
    const channel = channelOf('queue')
    await transport.declare(channel, never)
    const { deliver, finish } = heldDelivery()
    const consumer = await transport.consume({ ...request, channel }, deliver, never)
    hub.now.say((out) =>
      writeDeliver(
        out,
        1,
        channel.name,
        { token: 7, attempt: 1, acquired: 1, offset: undefined, message },
        true,
      ),
    )
    const closing = consumer.close()
    await settled()
    hub.now.cut()
    await back(hub)
    expect(hub.states).toEqual(['reconnecting', 'connected'])
    expect(hub.now.of(frameType.consume)).toHaveLength(0)
    finish()
    await closing
  })
})

function heldDelivery() {
  let finish = (): void => {}
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  return { deliver: () => finished.then(done), finish: () => finish() }
}
