/** Records of a log on their way through handlers, without a server. */

import { makeChannel, makeMessage } from '@busbar/conformance'
import { ManualClock } from 'busbar/testing'
import { type Delivery, done, type Outcome } from 'busbar/transport'
import { expect, test } from 'vitest'
import { createPump, createRecordLanes, type LogRecord, type TriedRecord } from '../src/index.js'
import { settled } from './exchanges/world.js'

const channel = makeChannel('stream', 'airport.radar', {})
const again = (afterMs: number, text = 'not yet'): Outcome => ({
  kind: 'retry',
  afterMs,
  failure: { message: text },
})
const never: Outcome = { kind: 'reject', reason: 'attempts', failure: { message: 'never' } }

interface WorldOptions {
  readonly isKeyed?: boolean
  readonly concurrency?: number
  readonly windowRecords?: number
  before?(tried: TriedRecord<LogRecord>): Promise<void> | undefined
  end?(): Promise<void> | undefined
}

function world({ isKeyed = false, concurrency = 8, windowRecords = 100, before, end }: WorldOptions = {}) {
  const clock = new ManualClock()
  const running: { delivery: Delivery; settle(outcome: Outcome): void }[] = []
  const ended: unknown[][] = []
  const errors: unknown[] = []
  const told: number[] = []
  const pump = createPump({
    concurrency,
    deliver: (delivery) => new Promise((settle) => running.push({ delivery, settle })),
    onError: () => {},
    onRoom: () => lanes.run(),
  })
  const lanes = createRecordLanes({
    ...{ clock, pump, isKeyed, from: 0, windowRecords },
    ...(before !== undefined && { before }),
    settle({ record, attempt, firstFailure }, outcome) {
      ended.push([record.offset, outcome.kind, attempt, firstFailure?.message])
      return end?.()
    },
    onSettled: (offset) => told.push(offset),
    onError: (error) => errors.push(error),
  })
  const recordOf = (offset: number, key?: string): LogRecord => {
    const extra = key === undefined ? {} : { key }
    return { offset, message: makeMessage(channel, offset, { id: `${offset}`, time: 0 }, extra) }
  }
  return {
    ...{ clock, lanes, pump, ended, errors, told, running },
    offer: (offset: number, key?: string, attempt?: number) => lanes.offer(recordOf(offset, key), attempt),
    /** Offsets and attempts of what is in hand. */
    inHand: () => running.map(({ delivery }) => `${delivery.offset}#${delivery.attempt}`),
    async settle(offset: number, outcome: Outcome = done) {
      const at = running.findIndex(({ delivery }) => delivery.offset === offset)
      running.splice(at, 1)[0]?.settle(outcome)
      await settled()
    },
  }
}

test('F54 records of one key wait for each other, those of others do not', async () => {
  const { offer, inHand, settle } = world({ isKeyed: true })
  offer(0, 'KL')
  offer(1, 'KL')
  offer(2, 'BA')
  offer(3)
  expect(inHand()).toEqual(['0#1', '2#1', '3#1'])
  await settle(0)
  expect(inHand()).toEqual(['2#1', '3#1', '1#1'])
})

test('keys hold nothing up where order by key was not asked for', () => {
  const { offer, inHand } = world()
  offer(0, 'KL')
  offer(1, 'KL')
  expect(inHand()).toEqual(['0#1', '1#1'])
})

test('E4 a record that comes again stays before the next of its key, and before what is younger', async () => {
  const { offer, inHand, settle, clock } = world({ isKeyed: true, concurrency: 1 })
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
  const { offer, settle, lanes, told } = world()
  for (const offset of [0, 1, 2]) offer(offset)
  await settle(1)
  await settle(2)
  expect(lanes.watermark).toBe(0)
  await settle(0)
  expect(lanes.watermark).toBe(3)
  lanes.pass(3)
  expect([lanes.watermark, lanes.isIdle, told]).toEqual([4, true, [1, 2, 0, 3]])
})

test('Q5 what ends a record is told its tries and its first failure', async () => {
  const { offer, settle, clock, ended } = world()
  offer(0)
  await settle(0, again(5, 'first'))
  clock.advance(5)
  await settle(0, again(5, 'second'))
  clock.advance(5)
  await settle(0, never)
  expect(ended).toEqual([[0, 'reject', 3, 'first']])
})

test('S3 a record is settled when what ends it has resolved; if that rejects it stays unsettled', async () => {
  let finish = (): void => {}
  const { offer, settle, lanes, errors } = world({
    end: () => new Promise<void>((resolve) => (finish = resolve)),
  })
  offer(0)
  await settle(0, never)
  expect(lanes.watermark).toBe(0)
  finish()
  await settled()
  expect(lanes.watermark).toBe(1)

  const broken = world({ end: () => Promise.reject(new Error('away')) })
  broken.offer(0)
  await broken.settle(0, never)
  expect([broken.lanes.watermark, broken.errors, errors]).toEqual([0, [new Error('away')], []])
})

test('Q4 tries that were noted before count, and what is done before one may stand in for it', async () => {
  const seen: string[] = []
  const { offer, inHand, lanes, ended } = world({
    before({ record, attempt }) {
      seen.push(`${record.offset}#${attempt}`)
      return attempt > 2 ? Promise.resolve() : undefined
    },
  })
  offer(0, undefined, 3)
  offer(1, undefined, 2)
  await settled()
  expect([seen, inHand(), lanes.watermark, ended]).toEqual([['0#3', '1#2'], ['1#2'], 1, []])
})

test('F43 no more is taken than the window holds, and whoever reads hears when there is room', async () => {
  const { offer, settle, lanes } = world({ windowRecords: 2, concurrency: 1 })
  offer(0)
  expect([lanes.isFull, lanes.roomy()]).toEqual([false, undefined])
  offer(1)
  expect(lanes.isFull).toBe(true)
  let isRoomy = false
  const wait = lanes.roomy()?.then(() => {
    isRoomy = true
  })
  await settled()
  expect(isRoomy).toBe(false)
  await settle(0)
  await wait
  expect([isRoomy, lanes.isFull]).toEqual([true, false])
})

test('S3 once stopped nothing is begun, nothing waits for a timer, and the watermark stays before what was left', async () => {
  const { offer, inHand, settle, lanes, clock } = world({ concurrency: 2 })
  for (const offset of [0, 1, 2, 3]) offer(offset)
  await settle(1, again(10))
  expect([inHand(), clock.timers]).toEqual([['0#1', '2#1'], 1])
  lanes.stop()
  await settle(2, again(10))
  await settle(0)
  expect([inHand(), clock.timers, lanes.watermark]).toEqual([[], 0, 1])
})

test('S3 what is offered or passed once lanes are stopped does not move the watermark', () => {
  const { offer, lanes, told } = world()
  lanes.stop()
  offer(0)
  lanes.pass(1)
  expect([lanes.watermark, lanes.isIdle, told]).toEqual([0, true, []])
})

test('whoever waits for room in lanes that are stopped is let go', async () => {
  const { offer, lanes } = world({ windowRecords: 1 })
  offer(0)
  const wait = lanes.roomy()
  expect(wait).toBeInstanceOf(Promise)
  lanes.stop()
  await wait
  expect([lanes.isFull, lanes.roomy()]).toEqual([true, undefined])
})

test('Q2 abandoned lanes tell their own handlers that their claims are lost, not those of others', async () => {
  const { offer, lanes, pump, running, settle, ended } = world({ concurrency: 3 })
  const others: Outcome[] = []
  offer(0)
  const lost: string[] = []
  const message = makeMessage(channel, 9, { id: '9', time: 0 })
  pump.take({ message, attempt: 1, offset: 9, settle: (outcome) => void others.push(outcome) })
  for (const { delivery } of running) delivery.onLost(() => lost.push(delivery.message.id))
  lanes.abandon()
  await settle(0)
  await settle(9)
  expect([lost, ended, others]).toEqual([['0'], [], [done]])
})
