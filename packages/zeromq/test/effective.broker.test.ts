/** A subscription is effective when every link has said so, and not before. */

import { expect, it } from 'vitest'
import { Dealer } from 'zeromq'
import { channelOf, directory, link, never } from './world.js'

const event = channelOf('event', 'a.event')

it('E1 consume() resolves only when all other links act upon it', async () => {
  const { url } = await directory()
  const other = new Dealer({ linger: 0, routingId: 'other' })
  other.connect(url.replace('zmq:', 'tcp:'))
  const hear = async (): Promise<Record<string, unknown>> => JSON.parse(String((await other.receive())[0]))
  const acknowledge = (version: unknown) => other.send(JSON.stringify({ op: 'ack', version }))
  const member = { link: 'other', address: 'tcp://127.0.0.1:1', kinds: {}, entries: [] }
  await other.send(JSON.stringify({ op: 'announce', n: 0, isNew: true, member }))
  expect((await hear()).op).toBe('table')
  expect((await hear()).op).toBe('announced')

  const opening = link({ url, directory: 'join' })
  await acknowledge((await hear()).version)
  const one = await opening
  let isEffective = false
  const consuming = one
    .consume(
      { channel: event, pattern: event.name, group: undefined, concurrency: 1, onGap() {} },
      () => ({ kind: 'done' }),
      never,
    )
    .then(() => {
      isEffective = true
    })
  const told = await hear()
  expect(told).toMatchObject({ op: 'member', member: { entries: [{ channel: 'a.event' }] } })
  // The link hears of this after all that the directory has told it before, and is waited for.
  await other.send(JSON.stringify({ op: 'announce', n: 1, isNew: false, member }))
  expect(await hear()).toMatchObject({ op: 'announced', n: 1 })
  expect(isEffective).toBe(false)
  await acknowledge(told.version)
  await consuming
  other.close()
})
