import { describePlan } from '@busbar/adapter'
import { expect, it } from 'vitest'
import { plan } from '../src/index.js'
import { channelOf } from './channels.js'

const url = 'nats://127.0.0.1'
const planOf = (channel: ReturnType<typeof channelOf>, options = {}) =>
  plan([{ channel }], { url, ...options })

it('plain events, requests and pairs need nothing at the server', () => {
  for (const kind of ['event', 'request', 'pair'] as const) expect(planOf(channelOf(kind, 'a.b'))).toEqual([])
})

it('a queue is a stream with one consumer that works, one for what is delayed, and dead letters', () => {
  expect(describePlan(planOf(channelOf('queue', 'airport.moveBag', { leaseMs: 2_000 })))).toBe(
    [
      'stream airport_moveBag  subjects=airport.moveBag busbar.later.airport.moveBag  description=Busbar queue airport.moveBag  retention=workqueue  storage=file  replicas=1  duplicateWindowMs=120000',
      'stream airport_moveBag-dead  subjects=busbar.dead.airport.moveBag busbar.failed.airport.moveBag.*  description=Busbar dead letters airport.moveBag  retention=limits  storage=file  replicas=1  duplicateWindowMs=120000',
      'consumer airport_moveBag/workers  ackPolicy=explicit  ackWaitMs=2000  maxDeliver=-1  maxAckPending=-1  filter=airport.moveBag',
      'consumer airport_moveBag/later  ackPolicy=explicit  ackWaitMs=30000  maxDeliver=-1  maxAckPending=-1  filter=busbar.later.airport.moveBag',
    ].join('\n'),
  )
})

it('E3 declared groups of a tracked event are in the plan', () => {
  const channel = channelOf('event', 'airport.landed', { tracked: true, params: ['flight'] })
  const resources = planOf(channel, { groups: { 'airport.landed': ['billing', 'board'] }, prefix: 'eu' })
  expect(resources.map(({ type, name }) => `${type} ${name}`)).toEqual([
    'stream eu_airport_landed',
    'stream eu_airport_landed-dead',
    'consumer eu_airport_landed/billing',
    'consumer eu_airport_landed/board',
  ])
  expect(resources[0]?.settings).toMatchObject({
    retention: 'interest',
    subjects: 'eu.airport.landed.* eu.busbar.again.airport.landed',
  })
})

it('S1 retention of a stream is the retention of its stream', () => {
  const [stream] = planOf(channelOf('stream', 'a.b', { keepMs: 60, keepCount: 7, keepBytes: 900 }))
  // 100 ms is the shortest the server takes.
  expect(stream?.settings).toMatchObject({
    maxAgeMs: 100,
    maxMessages: 7,
    maxBytes: 900,
    duplicateWindowMs: 100,
  })
})

it('E4 a group of an ordered stream has one record in hand at a time', () => {
  const resources = planOf(channelOf('stream', 'a.b', { ordered: true }), { groups: { 'a.b': ['g'] } })
  expect(resources.at(-1)?.settings).toMatchObject({ maxAckPending: 1 })
})

it('D1 ids cannot be known for longer than records are kept', () => {
  expect(() => planOf(channelOf('stream', 'a.b', { keepMs: 1_000, dedupeMs: 2_000 }))).toThrow(
    /UNSUPPORTED.*dedupeMs/,
  )
})
