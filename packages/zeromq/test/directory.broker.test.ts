/** Who holds the directory, what goes on without it, and how links find each other again. */

import { expect, it } from 'vitest'
import { Router } from 'zeromq'
import { createDirectory } from '../src/index.js'
import {
  ask,
  bodyOf,
  channelOf,
  consume,
  directory,
  echo,
  freePort,
  heard,
  link,
  messageOf,
  never,
  payloadOf,
} from './world.js'

const event = channelOf('event', 'a.event')
const request = channelOf('request', 'a.request')

it('E1 the first link holds the directory; when it goes another takes over, and all meet again', async () => {
  const url = `zmq://127.0.0.1:${await freePort()}`
  const first = await link({ url })
  const [second, third] = [await link({ url }), await link({ url })]
  const inbox = await consume(second, event)
  await echo(third, request)
  await first.close(never)
  await Promise.all([second, third].map(({ states }) => states.until((all) => all.includes('connected'))))
  expect(second.states.all).toEqual(['reconnecting', 'connected'])
  const fourth = await link({ url })
  await fourth.publish({ channel: event, message: messageOf(event, 'after') }, never)
  await inbox.until((all) => all.length === 1)
  expect(payloadOf(inbox.all[0] ?? messageOf(event, 'none'))).toBe('after')
  expect(await ask(fourth, request, 'hello')).toBe('hello')
})

it('X1 without a directory events and pairs go on, and a new one knows all that was served', async () => {
  let held = await directory()
  const { url } = held
  const [one, two] = [await link({ url, directory: 'join' }), await link({ url, directory: 'join' })]
  const pair = channelOf('pair', 'a.pair')
  const said = heard<unknown>()
  const ends = heard<string>()
  await two.accept(
    { channel: pair, pattern: pair.name, concurrency: 1 },
    ({ exchange }) => ({
      part: (part) => {
        said.put(payloadOf(part))
        void exchange.send({ body: bodyOf('back') })
      },
      closed: ({ code }) => ends.put(code),
    }),
    never,
  )
  await echo(two, request)
  const inbox = await consume(two, event)
  const answers = heard<unknown>()
  const dialer = one.open(
    { channel: pair, message: messageOf(pair, 'dial'), timeoutMs: undefined },
    { part: (part) => answers.put(payloadOf(part)), closed: ({ code }) => ends.put(code) },
    never,
  )
  await dialer.send({ body: bodyOf('before') })
  await answers.until((all) => all.length === 1)
  await held.close()
  await one.states.until((all) => all.length === 1)
  await one.publish({ channel: event, message: messageOf(event, 'without') }, never)
  await inbox.until((all) => all.length === 1)
  held = await createDirectory({ url })
  try {
    await Promise.all([one, two].map(({ states }) => states.until((all) => all.includes('connected'))))
    await dialer.send({ body: bodyOf('after') })
    await answers.until((all) => all.length === 2)
    expect(said.all).toEqual(['before', 'after'])
    expect(ends.all).toEqual([])
    const three = await link({ url, directory: 'join' })
    expect(await ask(three, request, 'who')).toBe('who')
    await expect(
      three.accept(
        { channel: pair, pattern: pair.name, concurrency: 1 },
        () => ({ part() {}, closed() {} }),
        never,
      ),
    ).rejects.toThrow(/PAIR_TAKEN/)
  } finally {
    await held.close()
  }
})

it('R2 what is not served any more is refused with NO_RESPONDER at once', async () => {
  const { url } = await directory()
  const [one, two] = [await link({ url, directory: 'join' }), await link({ url, directory: 'join' })]
  expect(await ask(one, request, 1, 60_000)).toBe('NO_RESPONDER')
  const serving = await echo(two, request)
  expect(await ask(one, request, 1)).toBe(1)
  await serving.close()
  expect(await ask(one, request, 1, 60_000)).toBe('NO_RESPONDER')
})

it('C5 a name that another link declared as another kind is refused with CONTRACT_MISMATCH', async () => {
  const { url } = await directory()
  const [one, two] = [await link({ url, directory: 'join' }), await link({ url, directory: 'join' })]
  await one.declare(event, never)
  await two.declare(event, never)
  await expect(two.declare(channelOf('request', event.name), never)).rejects.toThrow(/CONTRACT_MISMATCH/)
  const three = await link({ url, directory: 'join' })
  await expect(three.declare(channelOf('request', event.name), never)).rejects.toThrow(/CONTRACT_MISMATCH/)
  await three.declare(event, never)
})

it('a port that is taken is told with ADDRESS_IN_USE', async () => {
  const { url } = await directory()
  await expect(createDirectory({ url })).rejects.toThrow(/ADDRESS_IN_USE/)
})

it('X1 what is asked for while a link announces itself again is announced as well', async () => {
  const place = `tcp://127.0.0.1:${await freePort()}`
  const open = async () => {
    const router = new Router({ linger: 0 })
    await router.bind(place)
    return router
  }
  const announcement = async (router: Router) => {
    for (;;) {
      const [id = Buffer.alloc(0), data] = await router.receive()
      const said = JSON.parse(String(data))
      const answer = () => router.send([id, JSON.stringify({ op: 'announced', n: said.n, lost: [] })])
      if (said.op === 'announce') return { said, answer }
    }
  }
  const first = await open()
  const joining = link({ url: place.replace('tcp:', 'zmq:'), directory: 'join' })
  await (await announcement(first)).answer()
  const one = await joining
  await first.unbind(place)
  first.close()
  await one.states.until((all) => all.includes('reconnecting'))
  const second = await open()
  const back = await announcement(second)
  const declaring = one.declare(event, never)
  await back.answer()
  const next = await announcement(second)
  expect([next.said.isNew, next.said.member.kinds]).toEqual([false, { [event.name]: 'event' }])
  await next.answer()
  await declaring
  second.close()
})
