/** Each rule about queues is broken by a history that breaks just this rule; its neighbour keeps it. */

import { expect, it } from 'vitest'
import { check, type Report, type Rule, textOf } from '../src/index.js'
import { Story } from './story.js'

const broken = (report: Report): string[] => Object.keys(report.broken)
const guilty = (story: Story, rule: Rule): Report => {
  const report = story.verdict()
  expect(broken(report), textOf(report)).toEqual([rule])
  return report
}
const innocent = (story: Story): Report => {
  const report = story.verdict()
  expect(report.findings, textOf(report)).toEqual([])
  return report
}

it('Q1 a message that was receipted and handled is fine, and counted', () => {
  const { figures } = innocent(new Story().publish('p-1').handle('c', 'p-1').counts({ received: 1, done: 1 }))
  expect(figures).toMatchObject({ published: 1, acked: 1, delivered: 1, redelivered: 0 })
})

it('Q1 a receipted message that never came is lost, and said to be prefix, middle or suffix', () => {
  const parts = (handled: readonly string[]) => {
    const story = new Story()
    for (const value of ['p-1', 'p-2', 'p-3']) story.publish(value)
    for (const value of handled) story.handle('c', value)
    return guilty(story, 'lost').findings.map(({ part }) => part)
  }
  expect(parts(['p-2', 'p-3'])).toEqual(['prefix'])
  expect(parts(['p-1', 'p-3'])).toEqual(['middle'])
  expect(parts(['p-1', 'p-2'])).toEqual(['suffix'])
  expect(parts(['p-1'])).toEqual(['suffix', 'suffix'])
  expect(parts([])).toEqual(['prefix', 'prefix', 'prefix'])
})

it('Q1 a message that was tried and neither came again nor died is lost', () => {
  const story = new Story().publish('p-1')
  guilty(story.settle('c', story.deliver('c', 'p-1'), 'retry'), 'lost')
})

it('Q2 what a handler says after it lost its claim settles nothing', () => {
  const story = new Story().publish('p-1')
  const n = story.deliver('c', 'p-1')
  guilty(story.add('c', { op: 'lost', n }).settle('c', n, 'done'), 'lost')
  const other = new Story().publish('p-1')
  const lost = other.deliver('c', 'p-1')
  other.add('c', { op: 'lost', n: lost })
  const again = other.deliver('d', 'p-1', { attempt: 2 })
  innocent(other.settle('c', lost, 'done').settle('d', again, 'done'))
})

it('Q4 Q5 a message that was given up is lost unless its dead letter is there', () => {
  const rejected = () => {
    const story = new Story().publish('p-1')
    return story.settle('c', story.deliver('c', 'p-1'), 'reject')
  }
  guilty(rejected(), 'lost')
  innocent(rejected().dead('p-1').counts({ received: 1, dead: 1 }))
  const tired = new Story().publish('p-1')
  tired.settle('c', tired.deliver('c', 'p-1', { attempt: 3 }), 'retry')
  innocent(tired.dead('p-1', { reason: 'attempts' }))
})

it('Q5 a redriven letter may come again, and must', () => {
  const redriven = () => {
    const story = new Story().publish('p-1')
    story.settle('c', story.deliver('c', 'p-1'), 'reject')
    story.add('h', { op: 'redrive', type: 'invoke', topic: 't' })
    return story
  }
  innocent(redriven().handle('c', 'p-1').add('h', { op: 'redrive', type: 'ok', topic: 't' }))
  guilty(redriven().add('h', { op: 'redrive', type: 'ok', topic: 't' }), 'lost')
  // It died while the redrive was under way, which may have caught it.
  const caught = new Story().publish('p-1').add('h', { op: 'redrive', type: 'invoke', topic: 't' })
  caught.settle('c', caught.deliver('c', 'p-1'), 'reject').handle('d', 'p-1')
  innocent(caught.add('h', { op: 'redrive', type: 'ok', topic: 't' }))
})

it('Q5 a redriven letter has lost its place in the line, also when no handler gave it up', () => {
  const story = new Story({ ordered: true, attempts: 1 })
  story.publish('p-1', { key: 'k' }).publish('p-2', { key: 'k' })
  story.add('c', { op: 'lost', n: story.deliver('c', 'p-1') }).handle('c', 'p-2')
  story.add('h', { op: 'redrive', type: 'invoke', topic: 't', ids: ['#p-1'] })
  innocent(story.handle('c', 'p-1').add('h', { op: 'redrive', type: 'ok', topic: 't' }))
})

it('Q1 purged messages are excused as far as the purge counted', () => {
  const purged = (count: number) => {
    const story = new Story().publish('p-1').publish('p-2')
    story.add('h', { op: 'purge', type: 'invoke', topic: 't' })
    return story.add('h', { op: 'purge', type: 'ok', topic: 't', count }).publish('p-3').handle('c', 'p-3')
  }
  innocent(purged(2))
  expect(guilty(purged(1), 'lost').broken).toEqual({ lost: 1 })
})

it('Q1 a receipt that is not durable is worth nothing once the hub was killed', () => {
  const killed = (durable: boolean) => new Story({ durable }).publish('p-1').kill()
  guilty(killed(true), 'lost')
  innocent(killed(false))
})

it('a durable topic whose receipt says less is unsafe', () => {
  guilty(new Story().invoke('p-1').receipt('p-1', { level: 'accepted' }).handle('c', 'p-1'), 'unsafe')
})

it('an unknown publish appears once or not at all', () => {
  const unknown = () => new Story().invoke('p-1').failed('p-1', 'unknown')
  expect(innocent(unknown()).figures).toMatchObject({ unknown: 1, unknownAppeared: 0 })
  expect(innocent(unknown().handle('c', 'p-1')).figures).toMatchObject({ unknown: 1, unknownAppeared: 1 })
  guilty(unknown().handle('c', 'p-1').handle('c', 'p-1'), 'duplicated')
})

it('a refused publish never appears', () => {
  guilty(new Story().invoke('p-1').failed('p-1', 'fail').handle('c', 'p-1'), 'refused')
})

it('D1 F57 an id that was published again is one message where ids are told apart', () => {
  const twice = (dedupeMs: number | undefined, duplicate: boolean) =>
    new Story(dedupeMs === undefined ? {} : { dedupeMs })
      .invoke('p-1')
      .failed('p-1', 'unknown')
      .invoke('p-1')
      .receipt('p-1', duplicate ? { duplicate } : {})
      .handle('c', 'p-1')
  innocent(twice(1_000, true))
  guilty(twice(1_000, true).handle('c', 'p-1'), 'duplicated')
  innocent(twice(undefined, false).handle('c', 'p-1'))
})

it('D1 F60 two receipts of one id as new are a duplicate, unless the window was over or purged', () => {
  const twice = () => new Story({ dedupeMs: 100 }).publish('p-1')
  guilty(twice().publish('p-1').handle('c', 'p-1'), 'duplicated')
  innocent(twice().handle('c', 'p-1').pass(200).publish('p-1').handle('c', 'p-1'))
  const purged = twice().handle('c', 'p-1').add('h', { op: 'purge', type: 'ok', topic: 't', count: 0 })
  innocent(purged.publish('p-1').handle('c', 'p-1'))
})

it('a message that nobody published is unexpected', () => {
  guilty(new Story().handle('c', 'p-1'), 'unexpected')
})

it('another payload than was published is altered, at a handler and in a dead letter', () => {
  guilty(new Story().publish('p-1').handle('c', 'p-1', { hash: 1 }), 'altered')
  guilty(
    new Story().publish('p-1').publish('p-2').handle('c', 'p-1').handle('c', 'p-3', { id: '#p-2' }),
    'altered',
  )
  guilty(new Story().publish('p-1').dead('p-1', { hash: 1 }), 'altered')
  guilty(new Story().publish('p-1').dead('p-1', { reason: 'undecodable' }), 'altered')
})

it('F44 a message whose end was confirmed before a kill is resurrected if it comes again', () => {
  const done = () => new Story().publish('p-1').handle('c', 'p-1')
  guilty(done().confirm('c').kill().handle('c', 'p-1'), 'resurrected')
  // Nobody had confirmed it: at least once.
  innocent(done().kill().handle('c', 'p-1'))
  // Said on a link that broke.
  innocent(done().add('c', { op: 'link', state: 'reconnecting' }).confirm('c').kill().handle('c', 'p-1'))
  guilty(done().confirm('c').kill().dead('p-1'), 'resurrected')
})

it('a message that comes again after it was done, though nothing happened, is a duplicate', () => {
  guilty(new Story().publish('p-1').handle('c', 'p-1').handle('d', 'p-1'), 'duplicated')
  guilty(new Story().publish('p-1').dead('p-1').dead('p-1'), 'duplicated')
  const slow = new Story().publish('p-1')
  const n = slow.deliver('c', 'p-1')
  innocent(slow.pass(2_000).settle('c', n, 'done').handle('d', 'p-1', { attempt: 2 }))
})

it('E3 a message in the hands of two consumers at once is doubled', () => {
  const both = (between: (story: Story) => void) => {
    const story = new Story().publish('p-1')
    story.deliver('c', 'p-1')
    between(story)
    return story.handle('d', 'p-1')
  }
  guilty(
    both(() => {}),
    'doubled',
  )
  innocent(both((story) => story.add('c', { op: 'link', state: 'reconnecting' })))
  innocent(both((story) => story.add('c', { op: 'lost', n: 1 })))
  innocent(both((story) => story.pass(2_000)))
  innocent(both((story) => story.unsubscribe('c', 'ok')))
})

it('E4 with one handler at a time, first deliveries keep the order of each producer', () => {
  const two = (concurrency: number) => new Story().publish('p-1').publish('p-2').subscribe('c', concurrency)
  guilty(two(1).handle('c', 'p-2').handle('c', 'p-1'), 'reordered')
  innocent(two(2).handle('c', 'p-2').handle('c', 'p-1'))
  innocent(two(1).subscribe('d').handle('c', 'p-2').handle('d', 'p-1'))
  // Another producer, a delay, a retry: no order is promised.
  innocent(new Story().publish('p-1').publish('q-1').subscribe('c').handle('c', 'q-1').handle('c', 'p-1'))
  innocent(new Story().publish('p-1', { late: true }).publish('p-2').handle('c', 'p-2').handle('c', 'p-1'))
  const retried = two(1)
  retried.settle('c', retried.deliver('c', 'p-1'), 'retry')
  innocent(retried.handle('c', 'p-2').handle('c', 'p-1', { attempt: 2 }))
})

it('E4 F54 nothing overtakes an unfinished message of its key', () => {
  const keyed = (second = 'k') =>
    new Story({ ordered: true })
      .publish('p-1', { key: 'k' })
      .publish('p-2', { key: second })
      .subscribe('c', 8)
  const overtaken = (story: Story) => {
    story.settle('c', story.deliver('c', 'p-1'), 'retry')
    return story.handle('c', 'p-2').handle('c', 'p-1', { attempt: 2 })
  }
  guilty(overtaken(keyed()), 'reordered')
  guilty(keyed().handle('c', 'p-2').handle('c', 'p-1'), 'reordered')
  innocent(overtaken(keyed('other')))
  // An end that was not confirmed may be forgotten with the hub.
  const forgotten = keyed().handle('c', 'p-1').handle('c', 'p-2').kill()
  forgotten.settle('c', forgotten.deliver('c', 'p-1'), 'retry')
  innocent(forgotten.handle('c', 'p-1', { attempt: 2 }).handle('c', 'p-2'))
})

it('Q1 counts that do not add up, or not to what was seen, break conservation', () => {
  const handled = () => new Story().publish('p-1').handle('c', 'p-1')
  guilty(handled().counts({ received: 2, done: 1 }), 'conservation')
  guilty(handled().counts({ received: 2, done: 2 }), 'conservation')
  guilty(handled().counts({ received: 1, dropped: 1 }), 'conservation')
  guilty(handled().counts({}), 'conservation')
  guilty(handled().confirm('c').counts({ received: 1, expired: 1 }), 'conservation')
})

it('a history without its end has no verdict', () => {
  const { findings } = check(new Story().publish('p-1').handle('c', 'p-1').events)
  expect(findings.map(({ rule }) => rule)).toEqual(['incomplete'])
  guilty(
    new Story().publish('p-1').handle('c', 'p-1').counts({ received: 2, done: 1, ready: 1 }).invoke('p-2'),
    'incomplete',
  )
  guilty(new Story().add('c', { op: 'settle', n: 1, outcome: 'done' }), 'incomplete')
})
