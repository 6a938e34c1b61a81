/** Publishing and subscribing on memory. */

import { expect, test } from 'vitest'
import { createBus } from '../../src/bus/create-bus.js'
import { memory } from '../../src/memory/memory.js'
import { airport } from './airport.js'

test('publish reaches a subscriber in order, with an accepted receipt', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const seen: string[] = []
  await bus.subscribe(airport.landed, ({ flight }) => void seen.push(flight))
  const receipt = await bus.publish(airport.landed, { flight: 'KL1', gate: 'A' })
  await bus.publish(airport.landed, { flight: 'KL2', gate: 'A' })
  expect(receipt).toMatchObject({ level: 'accepted' })
  expect(seen).toEqual(['KL1', 'KL2'])
})

test('send is worked by one worker', async () => {
  await using bus = await createBus({ service: 'tower', transport: memory() })
  const seen: string[] = []
  await bus.work(airport.moveBag, ({ tag }) => void seen.push(tag))
  await bus.send(airport.moveBag, { tag: 't1', flight: 'KL1', kg: 3 })
  await bus.close()
  expect(seen).toEqual(['t1'])
})
