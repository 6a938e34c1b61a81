/** What will exist at the broker for a stream. */

import { contract, stream } from 'busbar'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { describePlan, plan } from '../src/index.js'
import { weighedFrom } from '../src/streams/retention.js'

const { radar, tracks, board } = contract('airport', {
  radar: stream(z.string(), { durable: true, keepBytes: 400_000_000 }),
  tracks: stream(z.string(), { keepMs: 1_500 }),
  board: stream(z.string(), { keepCount: 10_000, maxBytes: 12_288 }),
})
const argumentsOf = (topic: typeof radar) =>
  plan([topic]).find(({ settings }) => settings['x-queue-type'] === 'stream')?.settings

test('the plan names the stream, its dead letters, and the queue where each group keeps its place', () => {
  const resources = plan([radar], { groups: { 'airport.radar': ['board'] } })
  expect(describePlan(resources).split('\n')).toEqual([
    'exchange delay  type=headers  durable=true',
    'exchange airport.radar  type=direct  durable=true',
    'queue airport.radar  durable=true  x-queue-type=stream  x-max-length-bytes=400000000  x-stream-max-segment-size-bytes=100000000',
    'binding airport.radar -> airport.radar  exchange=airport.radar  queue=airport.radar  key=airport.radar',
    'queue airport.radar:dead  durable=true  x-queue-type=quorum',
    'queue airport.radar:group:board  durable=true  x-queue-type=quorum  x-single-active-consumer=true',
  ])
})

test('S1 the newest records that fit are kept, at least one, all if they fit', () => {
  const records = [3, 4, 5].map((offset) => ({ offset, bytes: 10 }))
  expect([weighedFrom(records, 29), weighedFrom(records, 20), weighedFrom(records, 5)]).toEqual([4, 4, 5])
  expect(weighedFrom(records, 30)).toBeUndefined()
})

test('S1 what is kept by time goes in segments of 16 MiB, what is kept by count has room for the largest records', () => {
  expect(argumentsOf(tracks)).toEqual({
    ...{ durable: true, 'x-queue-type': 'stream', 'x-max-age': '2s' },
    'x-stream-max-segment-size-bytes': 16_777_216,
  })
  expect(argumentsOf(board)).toEqual({
    ...{ durable: true, 'x-queue-type': 'stream', 'x-max-length-bytes': 163_840_000 },
    'x-stream-max-segment-size-bytes': 40_960_000,
  })
})
