/** Records on their way through handlers, without a server. */

import { createPump } from '@busbar/adapter'
import { makeChannel, makeMessage } from '@busbar/conformance'
import { ManualClock } from 'busbar/testing'
import { type Delivery, done, type Outcome } from 'busbar/transport'
import { expect, test } from 'vitest'
import { createLanes } from '../src/streams/lanes.js'

const channel = makeChannel('stream', 'airport.radar', {})
const again = (afterMs: number): Outcome => ({ kind: 'retry', afterMs, failure: { message: 'not yet' } })

function world(isKeyed: boolean, concurrency = 8) {
  const clock = new ManualClock()
  const running: { delivery: Delivery; settle(outcome: Outcome): void }[] = []
  const rejected: (string | undefined)[][] = []
  const pump = createPump({
    concurrency,
    deliver: (delivery) => new Promise((settle) => running.push({ delivery, settle })),
    onError: () => {},
    onRoom: () => lanes.run(),
  })
  const lanes = createLanes(0, {
    ...{ clock, pump, isKeyed },
    reject: async ({ firstFailure, attempt }, { failure }) => {
      rejected.push([String(attempt), firstFailure?.message, failure?.message])
    },
    onSettled: () => {},
    onError: () => {},
  })
  return {
    ...{ clock, lanes, rejected },
    offer: (offset: number, key?: string) =>
      lanes.offer(
        makeMessage(channel, offset, { id: `${offset}`, time: 0 }, key === undefined ? {} : { key }),
        offset,
      ),
    /** Offsets and attempts of what is in hand. */
    inHand: () => running.map(({ delivery }) => `${delivery.offset}#${delivery.attempt}`),
    async settle(offset: number, outcome: Outcome = done) {
      const at = running.findIndex(({ delivery }) => delivery.offset === offset)
      running.splice(at, 1)[0]?.settle(outcome)
      await new Promise<void>((resolve) => setImmediate(resolve))
    },
  }
}

test('F54 records of one key wait for each other, those of others do not', async () => {
  const { offer, inHand, settle } = world(true)
  offer(0, 'KL')
  offer(1, 'KL')
  offer(2, 'BA')
  expect(inHand()).toEqual(['0#1', '2#1'])
  await settle(0)
  expect(inHand()).toEqual(['2#1', '1#1'])
})

test('E4 a record that comes again stays before the next of its key, and before what is younger', async () => {
  const { offer, inHand, settle, clock } = world(true, 1)
  offer(0, 'KL')
  offer(1, 'KL')
  offer(2, 'BA')
  offer(3, 'LH')
  await settle(0, again(10))
  expect(inHand()).toEqual(['2#1'])
  clock.advance(10)
  await settle(2)
  expect(inHand()).toEqual(['0#2'])
})

test('S3 the watermark is the oldest record that is not settled, whatever was done behind it', async () => {
  const { offer, settle, lanes } = world(false)
  for (const offset of [0, 1, 2]) offer(offset)
  await settle(1)
  await settle(2)
  expect(lanes.watermark).toBe(0)
  await settle(0)
  expect(lanes.watermark).toBe(3)
  lanes.pass(3)
  expect([lanes.watermark, lanes.isIdle]).toEqual([4, true])
})

test('a rejected record takes its first and its last failure along', async () => {
  const { offer, settle, clock, rejected } = world(false)
  offer(0)
  await settle(0, again(5))
  clock.advance(5)
  await settle(0, { kind: 'reject', reason: 'attempts', failure: { message: 'never' } })
  expect(rejected).toEqual([['2', 'not yet', 'never']])
})
