/** What will exist at the broker, as data and as text. */

import { contract, event, queue, request } from 'busbar'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { describePlan, plan } from '../src/index.js'

const airport = contract('airport', {
  moveBag: queue(z.string(), { durable: true }),
  urgent: queue(z.string(), { priority: true }),
  landed: event(z.string(), { durable: true, retry: { attempts: 3 }, path: '{airline}' }),
  radar: event(z.string()),
  gate: request({ input: z.string(), output: z.string() }),
})

describe('the plan', () => {
  test('names every exchange, queue and binding of the topics', () => {
    const groups = { 'airport.landed': ['billing'] }
    const topics = [airport.moveBag, airport.landed, airport.radar, airport.gate]
    expect(describePlan(plan(topics, { groups })).split('\n')).toEqual([
      'exchange delay  type=headers  durable=true',
      'exchange airport.moveBag  type=direct  durable=true',
      'queue airport.moveBag  durable=true  x-queue-type=quorum',
      'binding airport.moveBag -> airport.moveBag  exchange=airport.moveBag  queue=airport.moveBag  key=airport.moveBag',
      'queue airport.moveBag:dead  durable=true  x-queue-type=quorum',
      'exchange airport.landed  type=topic  durable=true',
      'queue airport.landed:dead  durable=true  x-queue-type=quorum',
      'queue airport.landed:group:billing  durable=true  x-queue-type=quorum',
      'binding airport.landed -> airport.landed:group:billing  exchange=airport.landed  queue=airport.landed:group:billing  key=airport.landed.*.#',
      'exchange airport.radar  type=topic  durable=true',
      'exchange airport.gate  type=fanout  durable=true',
      'exchange airport.gate:routes  type=topic  durable=true',
      'route airport.gate -> airport.gate:routes  exchange=airport.gate  routes=airport.gate:routes',
    ])
  })

  test('priorities need a classic queue, and a prefix goes before every name', () => {
    const [, , queueOfUrgent] = plan([airport.urgent], { prefix: 'test.' })
    expect(queueOfUrgent).toEqual({
      type: 'queue',
      name: 'test.airport.urgent',
      settings: { durable: true, 'x-queue-type': 'classic', 'x-max-priority': 9 },
    })
  })
})
