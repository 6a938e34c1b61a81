/** Names at the broker, patterns as selectors, options, and the plan: all without a broker. */

import { describePlan } from '@busbar/adapter'
import { contract, event, queue } from 'busbar'
import { isBusError } from 'busbar/transport'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { amqp, plan } from '../src/index.js'
import { groupQueueOf, selectorOf, servedPattern, servingQueueOf } from '../src/names.js'
import { settingsOf } from '../src/options.js'

const airport = contract('airport', {
  landed: event(z.number(), { path: '{airline}.{flight}', retry: { attempts: 3 }, durable: true }),
  radar: event(z.number()),
  moveBag: queue(z.number()),
})
const naming = { prefix: '', groups: {} }
const { channel } = airport.landed

describe('names', () => {
  test('a group is its name and its pattern', () => {
    expect(groupQueueOf(naming, channel, 'billing', 'airport.landed.*.*')).toBe('airport.landed/@billing')
    expect(groupQueueOf(naming, channel, 'a b', 'airport.landed.KL.*')).toBe('airport.landed/@a%20b/KL.+')
  })

  test.each([
    ['airport.landed.*.*', undefined],
    ['airport.landed.**', undefined],
    ['airport.landed.KL.23', "JMSType = 'KL.23'"],
    ['airport.landed.KL.*', "JMSType LIKE 'KL.%' ESCAPE '\\'"],
    ["airport.landed.*.O'R_1%", "JMSType LIKE '%.O''R\\_1\\%' ESCAPE '\\'"],
  ])('the selector of %s', (pattern, selector) => {
    expect(selectorOf(channel, pattern)).toBe(selector)
  })

  test.each(['airport.landed.*.*', 'airport.landed.KL.*', 'airport.landed.%2B.++', 'airport.landed.KL.**'])(
    'the queue of those who serve %s tells the pattern',
    (pattern) => {
      expect(servedPattern(naming, channel, servingQueueOf(naming, channel, pattern))).toBe(pattern)
    },
  )

  test('queues of others stand for no pattern', () => {
    expect(servedPattern(naming, channel, 'airport.landed')).toBeUndefined()
    expect(servedPattern(naming, channel, 'airport.landed/@billing')).toBeUndefined()
  })
})

describe('options', () => {
  test('the url gives address and credentials', () => {
    for (const scheme of ['amqps10', 'amqps']) {
      const { host, port, isTls, username, password } = settingsOf({ url: `${scheme}://a%40b:s%3Ac@[::1]` })
      expect([host, port, isTls, username, password]).toEqual(['::1', 5671, true, 'a@b', 's:c'])
    }
    expect(settingsOf({ url: 'amqp10://localhost' })).toMatchObject({ port: 5672, isTls: false })
  })

  test.each([
    { url: 'http://localhost' },
    { url: 'amqp11://localhost' },
    { url: 'amqp10://' },
    { url: 'amqp://localhost', connectTimeoutMs: 0 },
    { url: 'amqp://localhost', prefix: 'a/b' },
    { url: 'amqp://localhost', provision: 'maybe' },
    { url: 'amqp://localhost', colour: 'red' },
  ])('INVALID_OPTION for %j', (options) => {
    // What a JavaScript user could write.
    const attempt = () => amqp(options as Parameters<typeof amqp>[0])
    expect(attempt).toThrow(expect.toSatisfy((error) => isBusError(error, 'INVALID_OPTION')))
  })
})

test('the plan names every address, queue and declared group', () => {
  const topics = [airport.landed, airport.radar, airport.moveBag]
  expect(describePlan(plan(topics, { groups: { 'airport.landed': ['billing'] } })).split('\n')).toEqual([
    'address airport.landed  routing=MULTICAST',
    'address-settings airport.landed  maxDeliveryAttempts=-1',
    'queue airport.landed/@billing  address=airport.landed  routing=MULTICAST  durable=true  filter=',
    'address airport.landed/dead  routing=ANYCAST',
    'address-settings airport.landed/dead  maxDeliveryAttempts=-1',
    'queue airport.landed/dead  address=airport.landed/dead  routing=ANYCAST  durable=true  filter=',
    'address airport.radar  routing=MULTICAST',
    'address airport.moveBag  routing=ANYCAST',
    'address-settings airport.moveBag  maxDeliveryAttempts=-1',
    'queue airport.moveBag  address=airport.moveBag  routing=ANYCAST  durable=false  filter=',
    'address airport.moveBag/dead  routing=ANYCAST',
    'address-settings airport.moveBag/dead  maxDeliveryAttempts=-1',
    'queue airport.moveBag/dead  address=airport.moveBag/dead  routing=ANYCAST  durable=false  filter=',
  ])
})
