/** The plan: what there will be at SQS, before any of it is made. */

import { describePlan } from '@busbar/adapter'
import { contract, event, queue } from 'busbar'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { plan } from '../src/index.js'

const airport = contract('airport', {
  landed: event(z.string(), { retry: { attempts: 3 } }),
  weather: event(z.string()),
  moveBag: queue(z.string()),
  refuel: queue(z.object({ plane: z.string() }), { key: ({ plane }) => plane }),
})

it('lists main and dead-letter queues, declared groups, and FIFO where order is promised', () => {
  const groups = { 'airport.landed': ['billing', 'board'], 'airport.weather': ['board'] }
  const topics = [airport.landed, airport.weather, airport.moveBag, airport.refuel]
  expect(describePlan(plan(topics, { groups, prefix: 'prod' })).split('\n')).toEqual([
    'queue prod__airport_landed__for__billing  MaximumMessageSize=262144  MessageRetentionPeriod=1209600',
    'queue prod__airport_landed__for__board  MaximumMessageSize=262144  MessageRetentionPeriod=1209600',
    'queue prod__airport_landed__dead.fifo  FifoQueue=true  MaximumMessageSize=262144  MessageRetentionPeriod=1209600',
    'queue prod__airport_weather__for__board.fifo  FifoQueue=true  MaximumMessageSize=262144  MessageRetentionPeriod=300',
    'queue prod__airport_moveBag  MaximumMessageSize=262144  MessageRetentionPeriod=1209600',
    'queue prod__airport_moveBag__dead.fifo  FifoQueue=true  MaximumMessageSize=262144  MessageRetentionPeriod=1209600',
    'queue prod__airport_refuel.fifo  FifoQueue=true  MaximumMessageSize=262144  MessageRetentionPeriod=1209600',
    'queue prod__airport_refuel__dead.fifo  FifoQueue=true  MaximumMessageSize=262144  MessageRetentionPeriod=1209600',
  ])
})
