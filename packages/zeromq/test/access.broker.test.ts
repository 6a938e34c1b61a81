/** Directories that are absent, and tokens that are right or wrong. */

import { expect, it } from 'vitest'
import { Dealer } from 'zeromq'
import { channelOf, consume, directory, freePort, link, messageOf, never } from './world.js'

const event = channelOf('event', 'a.event')
const connectTimeoutMs = 500

it('an absent directory is told with UNREACHABLE within the time given', async () => {
  const url = `zmq://127.0.0.1:${await freePort()}`
  await expect(link({ url, directory: 'join', connectTimeoutMs })).rejects.toThrow(
    /UNREACHABLE: No directory answers at tcp:.*within 500 ms/,
  )
})

it.each([
  ['another token', 'right', 'wrong'],
  ['no token', 'right', undefined],
  ['a token where there is none', undefined, 'wrong'],
])('%s is refused with AUTH_FAILED', async (_, right, wrong) => {
  const { url } = await directory(right === undefined ? {} : { token: right })
  const options = { url, directory: 'join' as const, connectTimeoutMs }
  await expect(link(wrong === undefined ? options : { ...options, token: wrong })).rejects.toThrow(
    /AUTH_FAILED/,
  )
  await expect(link({ ...options, ...(right !== undefined && { token: right }) })).resolves.toBeDefined()
})

it('links with the same token meet, and a bare client without it says nothing to the directory', async () => {
  const token = 'a shared secret'
  const { url } = await directory({ token })
  const stranger = new Dealer({ linger: 0, routingId: 'stranger' })
  stranger.connect(url.replace('zmq:', 'tcp:'))
  const member = {
    link: 'stranger',
    address: 'tcp://127.0.0.1:1',
    kinds: { 'a.event': 'request' },
    entries: [],
  }
  await stranger.send(JSON.stringify({ op: 'announce', n: 1, isNew: true, member }))
  const [one, two] = [
    await link({ url, token, directory: 'join' }),
    await link({ url, token, directory: 'join' }),
  ]
  await two.declare(event, never)
  const inbox = await consume(two, event)
  await one.publish({ channel: event, message: messageOf(event, 1) }, never)
  await inbox.until((all) => all.length === 1)
  stranger.close()
})

it('F2 a payload above 16 MiB is refused with TOO_LARGE, one of 16 MiB passes', async () => {
  const { url } = await directory()
  const one = await link({ url, directory: 'join' })
  const inbox = await consume(one, event)
  const most = 'x'.repeat(16 * 1_048_576 - 2)
  await expect(
    Promise.resolve(one.publish({ channel: event, message: messageOf(event, `${most}x`) }, never)),
  ).rejects.toMatchObject({ code: 'TOO_LARGE', outcome: 'rejected' })
  await one.publish({ channel: event, message: messageOf(event, most) }, never)
  await inbox.until((all) => all.length === 1)
})

it.each(['queue', 'stream'] as const)('a %s is refused with UNSUPPORTED', async (kind) => {
  const { url } = await directory()
  const one = await link({ url, directory: 'join' })
  await expect(one.declare(channelOf(kind, `a.${kind}`), never)).rejects.toThrow(/UNSUPPORTED/)
})
