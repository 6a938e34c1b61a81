/** What durable groups of events promise over restarts. */

import { describe, expect, it } from 'vitest'
import { createDurableWorld } from './durable-world.js'
import { reject } from './engine-world.js'

describe('durable events', () => {
  it('E3 gives a declared group what was published while it was away', async () => {
    const world = createDurableWorld({ kind: 'event' })
    const one = world.worker(10, { group: 'one' })
    const two = world.worker(10, { group: 'two' })
    world.publish('a')
    await world.settle()
    one.settleLast()
    await world.settle()
    two.consumer.leave({ failed: false })
    world.restart({ lose: true })
    world.publish('b')
    await world.settle()
    const [again, back] = [world.worker(10, { group: 'one' }), world.worker(10, { group: 'two' })]
    await world.settle()
    expect([again.ids, back.ids]).toEqual([['b'], ['a', 'b']])
    expect(world.balance()).toBe(0)
  })

  it('E1 gives consumers without a group what comes while they are there, and keeps nothing for them', async () => {
    const world = createDurableWorld({ kind: 'event' })
    const passing = world.worker(10, { group: undefined })
    world.publish('a')
    await world.settle()
    expect(passing.ids).toEqual(['a'])
    world.restart()
    expect(world.inspect()).toMatchObject({ received: 0, consumers: 0 })
    const after = world.worker(10, { group: undefined })
    await world.settle()
    expect(after.ids).toEqual([])
  })

  it('E3 Q5 sends a letter back to its own group, over a restart', async () => {
    const world = createDurableWorld({ kind: 'event' })
    const one = world.worker(10, { group: 'one' })
    const two = world.worker(10, { group: 'two' })
    world.publish('a')
    await world.settle()
    one.settleLast()
    two.settleLast(reject)
    await world.settle()
    world.restart()
    expect(world.letters()).toMatchObject([{ group: 'two' }])
    expect(world.redrive()).toBe(1)
    const [again, back] = [world.worker(10, { group: 'one' }), world.worker(10, { group: 'two' })]
    await world.settle()
    expect([again.ids, back.ids]).toEqual([[], ['a']])
    expect(world.balance()).toBe(0)
  })

  it('E3 lets a purge end groups that nobody is in', async () => {
    const world = createDurableWorld({ kind: 'event' })
    const one = world.worker(10, { group: 'one' })
    world.publish('a')
    await world.settle()
    one.consumer.leave({ failed: false })
    world.purge()
    await world.settle()
    world.restart()
    world.publish('b')
    await world.settle()
    expect(world.inspect()).toMatchObject({ ready: 0, received: 1, purged: 1 })
  })
})
