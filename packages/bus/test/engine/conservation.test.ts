/** Random commands against a reference model: nothing is lost, doubled, reordered within a key, or miscounted. */

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { done } from '../../src/outcome.js'
import { channelOf, createWorld, reject, retry } from './engine-world.js'
import { QueueModel } from './queue-model.js'

type Step =
  | { readonly do: 'publish'; readonly key: number; readonly delayMs: number; readonly priority: number }
  | {
      readonly do: 'settle'
      readonly pick: number
      readonly how: 'done' | 'drop' | 'retry' | 'reject' | 'again'
    }
  | { readonly do: 'credit'; readonly worker: number; readonly messages: number }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'leave'; readonly worker: number; readonly failed: boolean }
  | { readonly do: 'extend'; readonly pick: number }
  | { readonly do: 'redrive' | 'discard' | 'purge' }

const worker = fc.nat(2)
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 30,
      arbitrary: fc.record({
        do: fc.constant('publish' as const),
        key: fc.nat(3),
        delayMs: fc.constantFrom(0, 0, 0, 50),
        priority: fc.nat(9),
      }),
    },
    {
      weight: 30,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        pick: fc.nat(50),
        how: fc.constantFrom(
          'done' as const,
          'drop' as const,
          'retry' as const,
          'reject' as const,
          'again' as const,
        ),
      }),
    },
    {
      weight: 15,
      arbitrary: fc.record({
        do: fc.constant('credit' as const),
        worker,
        messages: fc.integer({ min: 1, max: 4 }),
      }),
    },
    {
      weight: 15,
      arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 20, 60, 400) }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('leave' as const), worker, failed: fc.boolean() }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('extend' as const), pick: fc.nat(50) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('redrive' as const, 'discard' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('purge' as const) }) },
  ),
  { minLength: 1, maxLength: 120 },
)

function play(
  all: readonly Step[],
  features: { ordered: boolean; priority: boolean; ttlMs: number | undefined },
): void {
  const world = createWorld(channelOf('queue', { ...features, leaseMs: 100 }), { deadLetters: 3 })
  const model = new QueueModel(world, features)
  let lastId = 0
  for (const step of all) {
    switch (step.do) {
      case 'publish': {
        const id = String(lastId++)
        const { delayMs, priority } = step
        const key = step.key === 0 ? undefined : `k${step.key}`
        model.published(id, key)
        if (delayMs > 0) model.enteredLate(id)
        void world.publish(id, { key }, { delayMs, priority })
        break
      }
      case 'settle':
        model.settle(
          step.pick,
          { done, drop: { kind: 'drop' } as const, retry: retry(30), reject, again: done }[step.how],
        )
        if (step.how === 'again') model.settleAgain(step.pick)
        break
      case 'credit':
        model.worker(step.worker).consumer.credit(step.messages)
        break
      case 'advance':
        world.clock.advance(step.ms)
        break
      case 'leave':
        model.leave(step.worker, step.failed)
        break
      case 'extend':
        model.extend(step.pick)
        break
      case 'purge':
        model.purge()
        break
      default:
        model[step.do]()
    }
    world.run()
    model.check()
  }
  model.finish()
}

const seeds = { numRuns: 300, verbose: 1 } as const

test('Q1 every message is in exactly one place after any history of a plain queue', () => {
  fc.assert(
    fc.property(steps, (all) => play(all, { ordered: false, priority: false, ttlMs: undefined })),
    seeds,
  )
})

test('Q1 F54 per key no message overtakes another in an ordered queue, whatever fails', () => {
  fc.assert(
    fc.property(steps, (all) => play(all, { ordered: true, priority: false, ttlMs: undefined })),
    seeds,
  )
})

test('Q1 every message is in exactly one place in a queue with priorities and a time to live', () => {
  fc.assert(
    fc.property(steps, (all) => play(all, { ordered: false, priority: true, ttlMs: 150 })),
    seeds,
  )
})

test('Q1 every message is in exactly one place in an ordered queue with a time to live', () => {
  fc.assert(
    fc.property(steps, (all) => play(all, { ordered: true, priority: true, ttlMs: 150 })),
    seeds,
  )
})

test('the model itself sees a message that got lost', () => {
  const world = createWorld(channelOf('queue'))
  const model = new QueueModel(world, { ordered: false, ttlMs: undefined })
  model.published('a', undefined)
  expect(() => model.check()).toThrow()
})
