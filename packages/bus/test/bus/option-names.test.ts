/** Options that a verb does not have are refused by name, also where no compiler looks. */

import { expect, test } from 'vitest'
import { type Bus, createBus, memory } from '../../src/index.js'
import { airport } from './airport.js'

/** As JavaScript would give it; the compiler refuses every one of these calls. */
const wrong = { timeout: 5 } as never
const bag = { tag: 't1', flight: 'KL1', kg: 3 }

const misuses: Readonly<Record<string, (bus: Bus) => unknown>> = {
  publish: (bus) => bus.publish(airport.landed, { flight: 'KL1', gate: 'B1' }, wrong),
  send: (bus) => bus.send(airport.moveBag, bag, wrong),
  append: (bus) => bus.append(airport.radar, { flight: 'KL1', x: 1 }, wrong),
  request: (bus) => bus.request(airport.assignGate, { flight: 'KL1' }, wrong),
  dial: (bus) => bus.dial(airport.hotline, wrong),
  subscribe: (bus) => bus.subscribe(airport.landed, () => undefined, wrong),
  work: (bus) => bus.work(airport.moveBag, () => undefined, wrong),
  reply: (bus) => bus.reply(airport.assignGate, () => ({ gate: 'B1' }), wrong),
  accept: (bus) => bus.accept(airport.hotline, () => undefined, wrong),
  replay: (bus) => bus.replay(airport.radar, wrong),
}

test.each(Object.entries(misuses))(
  'F80 %s() refuses an option that it does not have',
  async (verb, misuse) => {
    const bus = await createBus({ service: 'names', transport: memory() })
    await expect((async () => misuse(bus))()).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      outcome: 'rejected',
      details: { option: 'timeout' },
      message: expect.stringContaining(`${verb}() has no option "timeout"; there are `),
    })
    await bus.close()
  },
)

test('F80 work() has no group: a queue is shared by all its workers', async () => {
  const bus = await createBus({ service: 'names', transport: memory() })
  const options = { concurrency: 1, group: 'mine' }
  await expect(bus.work(airport.moveBag, () => undefined, options)).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining('work() has no option "group"'),
  })
  await bus.close()
})
