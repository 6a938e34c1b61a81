/** Each rule about streams, events and their groups is broken by a history that breaks just this rule. */

import { expect, it } from 'vitest'
import { type Report, type Rule, textOf } from '../src/index.js'
import { Story } from './story.js'

const guilty = (story: Story, rule: Rule): Report => {
  const report = story.verdict()
  expect(Object.keys(report.broken), textOf(report)).toEqual([rule])
  return report
}
const innocent = (story: Story): void => {
  const report = story.verdict()
  expect(report.findings, textOf(report)).toEqual([])
}

const streamOf = (more: { readonly bounded?: boolean } = {}) =>
  new Story({ kind: 'stream', ...more }).publish('p-1', { offset: 0 }).publish('p-2', { offset: 1 })
const all = (story: Story) => story.record(0, 'p-1').record(1, 'p-2')

it('S1 a record that was receipted and is not in the stream is lost', () => {
  innocent(all(streamOf()))
  const { findings } = guilty(streamOf().record(0, 'p-1'), 'lost')
  expect(findings[0]?.part).toBe('suffix')
})

it('S2 a record that a reader has seen and that is gone is lost, though nobody receipted it', () => {
  const story = streamOf().invoke('p-3').failed('p-3', 'unknown').subscribe('r', 1, { from: 2 })
  story.deliver('r', 'p-3', { offset: 2 })
  guilty(all(story), 'lost')
})

it('S1 an offset that is used for two records is reused', () => {
  const story = streamOf().invoke('p-3').failed('p-3', 'unknown')
  story.subscribe('r', 1, { from: 1 }).deliver('r', 'p-3', { offset: 1 })
  guilty(all(story), 'reused')
})

it('S1 a hole in the final replay is a gap', () => {
  const story = () =>
    new Story({ kind: 'stream' }).publish('p-1', { offset: 0 }).publish('p-2', { offset: 2 })
  guilty(story().record(0, 'p-1').record(2, 'p-2'), 'gapped')
  guilty(new Story({ kind: 'stream' }).publish('p-1', { offset: 1 }).record(1, 'p-1'), 'gapped')
})

it('S1 retention may take the beginning, and nothing else', () => {
  innocent(streamOf({ bounded: true }).record(1, 'p-2'))
  guilty(streamOf({ bounded: true }).record(0, 'p-1'), 'lost')
})

it('S1 F56 a reader gets every record once and in order, or is told what is missing', () => {
  const reader = () => streamOf().publish('p-3', { offset: 2 }).subscribe('r', 1, { from: 0 })
  const whole = (story: Story) => all(story).record(2, 'p-3')
  const read = (story: Story, ...offsets: number[]) => {
    for (const offset of offsets) story.handle('r', `p-${offset + 1}`, { offset })
    return whole(story)
  }
  innocent(read(reader(), 0, 1, 2))
  guilty(read(reader(), 0, 2), 'gapped')
  guilty(read(reader(), 0, 0, 1), 'duplicated')
  const told = reader().add('r', { op: 'gap', topic: 't', count: 2, from: 0, to: 1 })
  innocent(read(told, 2))
})

it('D1 an id with two offsets is a duplicate', () => {
  const twice = (dedupeMs: number | undefined) =>
    new Story({ kind: 'stream', ...(dedupeMs !== undefined && { dedupeMs }) })
      .invoke('p-1')
      .failed('p-1', 'unknown')
      .publish('p-1', { offset: 1 })
      .record(0, 'p-1')
      .record(1, 'p-1')
  guilty(twice(1_000), 'duplicated')
  innocent(twice(undefined))
})

it('E4 F55 records of one producer stand in the order of its calls', () => {
  const story = new Story({ kind: 'stream' }).publish('p-1', { offset: 1 }).publish('p-2', { offset: 0 })
  guilty(story.record(0, 'p-2').record(1, 'p-1'), 'reordered')
})

it('S3 a group goes on at its last confirmed commit or after it', () => {
  const group = 'g'
  const committed = () => {
    const story = streamOf().subscribe('c', 1, { group, from: 0 })
    return story.handle('c', 'p-1', { group, offset: 0 }).confirm('c', group)
  }
  const rest = (story: Story) => all(story.handle('c', 'p-2', { group, offset: 1 }))
  guilty(rest(committed().kill().handle('c', 'p-1', { group, offset: 0 })), 'resurrected')
  innocent(rest(committed().kill()))
  // A commit that the harness was told of itself.
  const told = streamOf().subscribe('c', 1, { group }).handle('c', 'p-1', { group, offset: 0 })
  told.add('c', { op: 'commit', topic: 't', group, offset: 1 }).confirm('c', group)
  guilty(rest(told.kill().handle('c', 'p-1', { group, offset: 0 })), 'resurrected')
})

it('S3 what a group settled beyond an unsettled record may come again', () => {
  const group = 'g'
  const story = streamOf().subscribe('c', 2, { group, from: 0 })
  story.deliver('c', 'p-1', { group, offset: 0 })
  story.handle('c', 'p-2', { group, offset: 1 }).confirm('c', group).kill()
  story.handle('c', 'p-1', { group, offset: 0 }).handle('c', 'p-2', { group, offset: 1 })
  innocent(all(story))
})

it('S1 a group that misses a record lost it, unless it was told', () => {
  const group = 'g'
  const story = () => all(streamOf().subscribe('c', 1, { group, from: 0 }))
  guilty(story().handle('c', 'p-2', { group, offset: 1 }), 'lost')
  const told = story().add('c', { op: 'gap', topic: 't', group, count: 1, from: 0, to: 0 })
  innocent(told.handle('c', 'p-2', { group, offset: 1 }))
})

it('E3 each group gets what was published since it is there', () => {
  const story = () => {
    const told = new Story({ kind: 'event' }).publish('p-0').subscribe('c', 1, { group: 'a' })
    return told.subscribe('d', 1, { group: 'b' }).publish('p-1').handle('c', 'p-1', { group: 'a' })
  }
  guilty(story(), 'lost')
  innocent(story().handle('d', 'p-1', { group: 'b' }))
})

const plain = () =>
  new Story({ kind: 'event', tracked: false, durable: false }).publish('p-0').subscribe('s').publish('p-1')

it('E1 E2 a plain event that a subscriber was not told to miss is lost', () => {
  guilty(plain(), 'lost')
  innocent(plain().handle('s', 'p-1'))
  innocent(plain().add('s', { op: 'gap', topic: 't', count: 1 }))
  innocent(plain().add('s', { op: 'link', state: 'reconnecting' }))
  innocent(plain().handle('s', 'p-1').unsubscribe('s', 'invoke').publish('p-2'))
})

it('E1 a plain event comes at most once, in the order of its producer', () => {
  guilty(plain().handle('s', 'p-1').handle('s', 'p-1'), 'duplicated')
  guilty(plain().publish('p-2').handle('s', 'p-2').handle('s', 'p-1'), 'reordered')
})
