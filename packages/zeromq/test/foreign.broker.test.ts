/** Programs without Busbar: bare PUB and SUB sockets. */

import { expect, it } from 'vitest'
import { Publisher, Subscriber } from 'zeromq'
import { channelOf, consume, directory, freePort, link, messageOf, never, payloadOf } from './world.js'

const landed = channelOf('event', 'airport.landed', ['airline'])

it('a bare SUB socket reads what is published: address, CloudEvents headers as JSON, payload', async () => {
  const { url } = await directory()
  const place = `tcp://127.0.0.1:${await freePort()}`
  const tower = await link({ url, directory: 'join', publishTo: place })
  const board = new Subscriber({ linger: 0 })
  board.subscribe('airport.landed')
  board.connect(place)
  // A publisher does not say when it has heard of a subscription: the first that comes through tells.
  const message = messageOf(
    landed,
    { flight: 'KL23' },
    { address: 'airport.landed.KL', key: 'KL23', headers: { source: 'tower' } },
  )
  let hasCome = false
  const first = board.receive().then((frames) => {
    hasCome = true
    return frames
  })
  while (!hasCome) {
    await tower.publish({ channel: landed, message }, never)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const [address, headers, payload] = await first
  expect(String(address)).toBe('airport.landed.KL')
  expect(JSON.parse(String(headers))).toEqual({
    'ce-specversion': '1.0',
    'ce-id': message.id,
    'ce-type': 'airport.landed',
    'ce-time': '1970-01-01T00:00:01.000Z',
    'ce-subject': 'KL',
    'ce-partitionkey': 'KL23',
    'ce-source': 'tower',
    'content-type': 'application/json',
  })
  expect(JSON.parse(String(payload))).toEqual({ flight: 'KL23' })
  board.close()
})

it('what a bare PUB socket says on a declared topic reaches every link and one member of each group', async () => {
  const { url } = await directory()
  const foreign = new Publisher({ linger: 0 })
  await foreign.bind('tcp://127.0.0.1:*')
  const bridge = await link({ url, directory: 'join', subscribeTo: [foreign.lastEndpoint ?? ''] })
  const board = await link({ url, directory: 'join' })
  await bridge.declare(landed, never)
  const single = await consume(board, landed)
  const [a, b] = [await consume(board, landed, { group: 'g' }), await consume(bridge, landed, { group: 'g' })]
  while (single.all.length === 0) {
    await foreign.send(['airport.landed.KL', '{"flight":"KL23"}'])
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const [bare] = single.all
  expect(bare?.address).toBe('airport.landed.KL')
  expect(bare?.id).toMatch(/^[0-9a-f-]{36}$/)
  expect(bare && payloadOf(bare)).toEqual({ flight: 'KL23' })
  await foreign.send(['airport.landed.BA', '{"ce-id":"id-1","traceparent":"00-1-2-01"}', '{"flight":"BA1"}'])
  await single.until((all) => all.at(-1)?.id === 'id-1')
  expect(single.all.at(-1)?.headers).toEqual({ traceparent: '00-1-2-01' })
  // Copies of a group and of single consumers come on their own ways.
  const isWhole = () => a.all.length + b.all.length === single.all.length
  await Promise.race([a.until(isWhole), b.until(isWhole)])
  foreign.close()
})

it('E1 a bare SUB socket reads the whole of a burst that is smaller than what may wait for it', async () => {
  const { url } = await directory()
  const place = `tcp://127.0.0.1:${await freePort()}`
  const tower = await link({ url, directory: 'join', publishTo: place })
  const board = new Subscriber({ linger: 0, receiveHighWaterMark: 0 })
  board.subscribe('airport.landed')
  board.connect(place)
  let hasCome = false
  const first = board.receive().then(() => {
    hasCome = true
  })
  while (!hasCome) {
    await tower.publish({ channel: landed, message: messageOf(landed, 'first') }, never)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await first
  const count = 900
  for (let n = 0; n < count; n += 1) {
    void tower.publish({ channel: landed, message: messageOf(landed, n) }, never)
  }
  const read: unknown[] = []
  while (read.at(-1) !== count - 1) {
    const [, , payload] = await board.receive()
    const value: unknown = JSON.parse(String(payload))
    if (value !== 'first') read.push(value)
  }
  expect(read).toEqual(Array.from({ length: count }, (_, n) => n))
  board.close()
})
