import { readFileSync } from 'node:fs'
import { decode, makeMessage } from '@busbar/conformance'
import { ManualClock } from 'busbar/testing'
import type { Closed, Host } from 'busbar/transport'
import { expect, it } from 'vitest'
import { exchangesOn, Post } from './smallest-lanes.js'
import { bodyOf, channelOf } from './world.js'

const { signal } = new AbortController()
const channel = channelOf('request')
const clock = new ManualClock()
const host = (instance: string): Host => ({ service: 's', instance, clock, random: () => 0.5, onState() {} })

/** What a caller hears: the values of all parts, then how it ended. */
async function ask(post: Post): Promise<readonly [unknown[], Closed]> {
  const parts: unknown[] = []
  const message = makeMessage(channel, 'which gate?', { id: 'm', time: 0 })
  return new Promise((resolve) => {
    exchangesOn(post, host('caller')).open(
      { channel, message, timeoutMs: 1_000 },
      {
        part: ({ body }) => void (body.size > 0 && parts.push(decode(body.bytes()))),
        closed: (reason) => resolve([parts, reason]),
      },
      signal,
    )
  })
}

it('R1 the smallest lanes carry a request and its answer', async () => {
  const post = new Post()
  const asked: unknown[] = []
  await exchangesOn(post, host('desk')).accept(
    { channel, pattern: channel.name, concurrency: 1 },
    ({ message, exchange }) => {
      asked.push(decode(message.body.bytes()))
      void exchange.send({ body: bodyOf('B7'), end: true })
      return { part() {}, closed() {} }
    },
    signal,
  )
  expect(await ask(post)).toEqual([['B7'], { code: 'DONE' }])
  expect(asked).toEqual(['which gate?'])
})

it('R1 the smallest lanes say at once that nobody serves', async () => {
  expect(await ask(new Post())).toMatchObject([[], { code: 'NO_RESPONDER' }])
})

it('the README shows them as they are run', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
  const code = read('./smallest-lanes.ts').replace('../../src/index.js', '@busbar/adapter')
  expect(read('../../README.md')).toContain(code.slice(code.indexOf('export class')))
})
