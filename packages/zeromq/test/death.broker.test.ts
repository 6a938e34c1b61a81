/** Processes that die or stand still: the others hear of it, go on, and keep no more than they may. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { done, isBusError } from 'busbar/transport'
import { expect, it, onTestFinished } from 'vitest'
import {
  ask,
  bodyOf,
  channelOf,
  consume,
  directory,
  heard,
  link,
  messageOf,
  never,
  payloadOf,
} from './world.js'

const program = fileURLToPath(new URL('./children/member.mjs', import.meta.url))
const event = channelOf('event', 'a.event')
const request = channelOf('request', 'a.request')
const pair = channelOf('pair', 'a.pair')

/** Resolves when it serves all channels. */
async function member(url: string) {
  const channels = JSON.stringify([event, request, pair])
  const child = spawn(process.execPath, [program, url, channels], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = heard<string>()
  createInterface(child.stdout).on('line', (line) => lines.put(line))
  child.once('exit', () => lines.put('exit'))
  await lines.until((all) => all.includes('ready') || all.includes('exit'))
  expect(lines.all).toContain('ready')
  return { child, lines }
}

it('F44 R1 X1 kill -9 of a peer: its requests and pairs end, and its group goes on without it', async () => {
  const { url } = await directory()
  const one = await link({ url, directory: 'join' })
  const inbox = await consume(one, event, { group: 'g' })
  const { child, lines } = await member(url)
  const ends = heard<string>()
  const dialer = one.open(
    { channel: pair, message: messageOf(pair, 'dial'), timeoutMs: undefined },
    { part() {}, closed: ({ code }) => ends.put(code) },
    never,
  )
  const answer = ask(one, request, 1, 60_000)
  await lines.until((all) => all.includes('pair') && all.includes('request'))
  await dialer.send({ body: bodyOf('hello') })
  for (let n = 0; n < 20; n += 1) await one.publish({ channel: event, message: messageOf(event, n) }, never)
  await inbox.until((all) => all.length === 10)
  await lines.until((all) => all.filter((line) => line === 'event').length === 10)
  child.kill('SIGKILL')
  await lines.until((all) => all.includes('exit'))
  expect(await answer).toBe('DISCONNECTED')
  await ends.until((all) => all.length === 1)
  expect(ends.all).toEqual(['PEER_GONE'])
  for (let n = 20; n < 40; n += 1) await one.publish({ channel: event, message: messageOf(event, n) }, never)
  await inbox.until((all) => all.length === 30)
  expect(inbox.all.slice(-20).map(payloadOf)).toEqual(Array.from({ length: 20 }, (_, n) => n + 20))
  // The signs of life that pairs miss may tell before the directory does.
  let end = await ask(one, request, 2, 60_000)
  while (end === 'DISCONNECTED') end = await ask(one, request, 3, 60_000)
  expect(end).toBe('NO_RESPONDER')
})

it('F39 a peer that stands still fills what may wait for it, then publishes fail with QUEUE_FULL', async () => {
  const { url } = await directory()
  const one = await link({ url, directory: 'join', maxQueuedBytes: 1_048_576 })
  const { child, lines } = await member(url)
  child.kill('SIGSTOP')
  const publishing: Promise<unknown>[] = []
  let refused: unknown
  const filler = 'x'.repeat(60_000)
  while (refused === undefined && publishing.length < 5_000) {
    const sent = Promise.resolve(one.publish({ channel: event, message: messageOf(event, filler) }, never))
    publishing.push(sent)
    sent.catch((error: unknown) => {
      refused ??= error
    })
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(isBusError(refused) && [refused.code, refused.outcome]).toEqual(['QUEUE_FULL', 'rejected'])
  child.kill('SIGCONT')
  const receipted = (await Promise.allSettled(publishing)).filter(({ status }) => status === 'fulfilled')
  await lines.until((all) => all.filter((line) => line === 'event').length >= receipted.length)
})

it('F42 a handler that stands still holds its buffer and no more; what is dropped is told', async () => {
  const { url } = await directory()
  const [one, two] = [await link({ url, directory: 'join' }), await link({ url, directory: 'join' })]
  let release: () => void = () => {}
  const gate = new Promise<void>((resolve) => {
    release = resolve
  })
  let dropped = 0
  const buffer = { messages: 10, overflow: 'drop-oldest' as const }
  const onGap = ({ count }: { readonly count: number }): void => {
    dropped += count
  }
  const inbox = await consume(two, event, { buffer, onGap }, () => gate.then(() => done))
  const marks = await consume(two, event, { group: 'marks' })
  for (let n = 0; n < 500; n += 1) await one.publish({ channel: event, message: messageOf(event, n) }, never)
  await marks.until((all) => all.length === 500)
  expect(inbox.all.length).toBe(1)
  release()
  await inbox.until((all) => all.length === 11)
  expect(dropped).toBe(500 - 1 - 10)
  expect(inbox.all.slice(1).map(payloadOf)).toEqual(Array.from({ length: 10 }, (_, n) => n + 490))
})
