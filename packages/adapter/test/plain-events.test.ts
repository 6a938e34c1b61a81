import { makeChannel, makeMessage } from '@busbar/conformance'
import { ManualClock } from 'busbar/testing'
import { type ConsumeRequest, done, type MaybePromise, type Outcome } from 'busbar/transport'
import { expect, it } from 'vitest'
import { createPlainConsumer } from '../src/index.js'
import { settled } from './exchanges/world.js'

const channel = makeChannel('event', 'airport.landed', { params: ['airline'] })
const messageOf = (id: string, airline = 'KL') =>
  makeMessage(channel, id, { id, time: 1 }, { path: [airline] })

/** A consumer whose handlers are given by `handle`, with what they saw and what was dropped. */
async function world(more: Partial<ConsumeRequest>, handle: () => MaybePromise<Outcome> = () => done) {
  const seen: string[] = []
  const gaps: number[] = []
  const host = { service: 's', instance: 'i', clock: new ManualClock(), random: () => 0.5, onState() {} }
  const request: ConsumeRequest = {
    ...{ channel, pattern: 'airport.landed.*', group: 'billing', concurrency: 1 },
    onGap: ({ count }) => gaps.push(count),
    ...more,
  }
  const plain = await createPlainConsumer(host, request, ({ message }) => {
    seen.push(message.id)
    return handle()
  })
  return { ...plain, seen, gaps }
}

/** A handler that runs until the test lets it go. */
function gate() {
  let open = (): void => {}
  const passed = new Promise<Outcome>((resolve) => {
    open = () => resolve(done)
  })
  return { handle: () => passed, open }
}

it('E1 what is offered is handled in order, and what does not match is not', async () => {
  const { offer, seen } = await world({ pattern: 'airport.landed.KL' })
  for (const [id, airline] of [
    ['a', 'KL'],
    ['b', 'LH'],
    ['c', 'KL'],
  ] as const)
    void offer(messageOf(id, airline))
  await settled()
  expect(seen).toEqual(['a', 'c'])
})

it('E2 what the buffer has no room for is dropped and told', async () => {
  const { handle, open } = gate()
  const { offer, seen, gaps } = await world({ buffer: { messages: 2, overflow: 'drop-oldest' } }, handle)
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    void offer(messageOf(id))
    await settled()
  }
  open()
  await settled()
  expect(seen).toEqual(['a', 'd', 'e'])
  expect(gaps.reduce((sum, count) => sum + count, 0)).toBe(2)
})

it('E2 one that is to be disconnected when it is slow ends with SLOW_CONSUMER', async () => {
  const { handle } = gate()
  const { offer, consumer } = await world({ buffer: { messages: 1, overflow: 'disconnect' } }, handle)
  for (const id of ['a', 'b', 'c']) {
    void offer(messageOf(id))
    await settled()
  }
  expect(await consumer.ended).toBe('SLOW_CONSUMER')
})

it('one that is to block makes whoever offers wait until there is room', async () => {
  const { handle, open } = gate()
  const { offer, seen } = await world({ buffer: { messages: 1, overflow: 'block' } }, handle)
  let offered = 0
  for (const id of ['a', 'b', 'c']) {
    void Promise.resolve(offer(messageOf(id))).then(() => {
      offered += 1
    })
    await settled()
  }
  expect(offered).toBe(2)
  open()
  await settled()
  expect([offered, seen]).toEqual([3, ['a', 'b', 'c']])
})

it('what comes after its end is nobody’s, and no error', async () => {
  const closed = await world({})
  await closed.consumer.close()
  await closed.offer(messageOf('a'))
  const abandoned = await world({})
  abandoned.abandon()
  await abandoned.offer(messageOf('a'))
  await settled()
  expect([closed.seen, abandoned.seen]).toEqual([[], []])
})

it('an offer that waits for room ends with its consumer', async () => {
  const { handle } = gate()
  const { offer, abandon } = await world({ buffer: { messages: 1, overflow: 'block' } }, handle)
  void offer(messageOf('a'))
  await settled()
  void offer(messageOf('b'))
  const waiting = offer(messageOf('c'))
  abandon()
  await waiting
})

it('F2 what the broker has carried is not too large here', async () => {
  const { offer, seen } = await world({})
  const bytes = new Uint8Array(16_777_217)
  await offer(makeMessage(channel, undefined, { id: 'large', time: 1 }, { path: ['KL'], bytes }))
  await settled()
  expect(seen).toEqual(['large'])
})

it('E2 F41 what comes while as many wait for room as may is told as a gap', async () => {
  const { handle } = gate()
  const { offer, gaps, abandon } = await world({ buffer: { messages: 1, overflow: 'block' } }, handle)
  const offers = Array.from({ length: 10_003 }, (_, index) => offer(messageOf(String(index))))
  expect(gaps).toEqual([1])
  abandon()
  await Promise.all(offers)
})
