/** What is made, what is only looked at, and what is left to others. */

import { jetstreamManager } from '@nats-io/jetstream'
import { isBusError } from 'busbar/transport'
import { expect, it } from 'vitest'
import { describeBroker } from '../../../tooling/brokers/index.mjs'
import { plan } from '../src/index.js'
import { channelOf, messageOf } from './channels.js'
import { bare, consume, link, never, server } from './world.js'

const bags = channelOf('queue', 'airport.moveBag')
const caught = (doing: Promise<unknown>): Promise<unknown> =>
  doing.then(
    () => undefined,
    (error: unknown) => error,
  )

describeBroker('nats', 'provisioning', () => {
  it('what the plan says is what exists afterwards', async () => {
    const { url } = await server()
    const options = { url, groups: { 'airport.landed': ['billing'] } }
    const landed = channelOf('event', 'airport.landed', { tracked: true })
    const transport = await link(options)
    for (const channel of [bags, landed]) await transport.declare(channel, never)
    const jsm = await jetstreamManager(await bare(url))
    const found: string[] = []
    for await (const { config } of jsm.streams.list()) {
      found.push(`stream ${config.name}`)
      for await (const { name } of jsm.consumers.list(config.name))
        found.push(`consumer ${config.name}/${name}`)
    }
    const planned = plan([{ channel: bags }, { channel: landed }], options)
    expect(found.sort()).toEqual(planned.map(({ type, name }) => `${type} ${name}`).sort())
  })

  it('E3 a declared group exists before the first publish', async () => {
    const { url } = await server()
    const landed = channelOf('event', 'airport.landed', { tracked: true })
    const transport = await link({ url, groups: { 'airport.landed': ['billing'] } })
    await transport.declare(landed, never)
    await transport.publish({ channel: landed, message: messageOf(landed, 1) }, never)
    const [late, declared] = [
      await consume(transport, landed, { group: 'late' }),
      await consume(transport, landed, { group: 'billing' }),
    ]
    await declared.until(1)
    expect([declared.values, late.values]).toEqual([[1], []])
  })

  it('verify makes nothing: NOT_FOUND names what is missing', async () => {
    const { url } = await server()
    const error = await caught((await link({ url, provision: 'verify' })).declare(bags, never))
    expect(isBusError(error, 'NOT_FOUND') && error.message).toMatch(/stream airport_moveBag does not exist/)
    const jsm = await jetstreamManager(await bare(url))
    expect(await jsm.streams.list().next()).toEqual([])
  })

  it('C5 verify and create name each difference with CONTRACT_MISMATCH', async () => {
    const { url } = await server()
    await (await link({ url })).declare(bags, never)
    await (await link({ url, provision: 'verify' })).declare(bags, never)
    const jsm = await jetstreamManager(await bare(url))
    await jsm.streams.update('airport_moveBag', { max_msgs: 5, duplicate_window: 1_000_000_000 })
    await jsm.consumers.update('airport_moveBag', 'workers', { ack_wait: 5_000_000_000 })
    for (const provision of ['verify', 'create'] as const) {
      const error = await caught((await link({ url, provision })).declare(bags, never))
      expect(isBusError(error, 'CONTRACT_MISMATCH') && error.details.differences).toEqual([
        'stream airport_moveBag has duplicateWindowMs 1000 instead of 120000',
        'consumer airport_moveBag/workers has ackWaitMs 5000 instead of 30000',
      ])
    }
  })

  it('off trusts, and a publish that no stream takes is NOT_FOUND, rejected', async () => {
    const { url } = await server()
    const transport = await link({ url, provision: 'off', answerTimeoutMs: 300 })
    await transport.declare(bags, never)
    const error = await caught(
      Promise.resolve(transport.publish({ channel: bags, message: messageOf(bags, 1) }, never)),
    )
    expect(isBusError(error, 'NOT_FOUND') && error.outcome).toBe('rejected')
  })

  it('a consumer that somebody deleted is made again, and its worker goes on', async () => {
    const { url } = await server()
    const transport = await link({ url })
    await transport.declare(bags, never)
    const inbox = await consume(transport, bags)
    await transport.publish({ channel: bags, message: messageOf(bags, 1) }, never)
    await inbox.until(1)
    const jsm = await jetstreamManager(await bare(url))
    // It is gone in any case: the server may be writing what was settled into the folder that it removes.
    await jsm.consumers.delete('airport_moveBag', 'workers').catch((error: Error) => {
      expect(error.message).toContain('directory not empty')
    })
    await transport.publish({ channel: bags, message: messageOf(bags, 2) }, never)
    await inbox.until(2)
    expect(inbox.values).toContain(2)
  })
})
