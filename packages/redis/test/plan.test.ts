import { describePlan } from '@busbar/adapter'
import { contract, event, queue } from 'busbar'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { plan } from '../src/index.js'
import { lineOf } from '../src/names.js'
import { channelOf } from './support/link.js'

const airport = contract('airport', {
  landed: event(z.object({ gate: z.string() }), { path: '{airline}.{flight}', retry: { attempts: 3 } }),
  moveBag: queue(z.object({ tag: z.string() })),
})

test('the plan tells what will exist, channels before their groups', () => {
  const planned = plan([airport.landed, airport.moveBag], { groups: { 'airport.landed': ['billing'] } })
  expect(describePlan(planned).split('\n')).toEqual([
    'channel busbar:{airport.landed}  kind=event  path=airline.flight  durable=false',
    'group busbar:{airport.landed} billing  pattern=airport.landed.*.*',
    'channel busbar:{airport.moveBag}  kind=queue  path=  durable=false',
  ])
})

test('the prefix is the user’s', () => {
  expect(plan([airport.moveBag], { prefix: 'staging' })[0]?.name).toBe('staging:{airport.moveBag}')
})

test('two ways to ask for everything are one line, a narrower pattern is another', () => {
  const channel = channelOf('event', 'airport.landed', {}, ['airline', 'flight'])
  expect(lineOf(channel, 'g', 'airport.landed.*.*')).toBe('g')
  expect(lineOf(channel, 'g', 'airport.landed.**')).toBe('g')
  expect(lineOf(channel, 'g', 'airport.landed.KL.*')).toBe('g airport.landed.KL.*')
})
