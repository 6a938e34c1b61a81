/** The hub's own counts: they add up, and they fit what the harness saw. */

import type { Counts } from '../history/event.js'
import type { CompletenessParts } from './completeness.js'
import type { Group } from './handled.js'
import { mayBeCopies } from './publications.js'

/** `received = ready + delayed + leased + done + dropped + dead + expired + purged`, whatever was redriven. */
export function checkSum(counts: Counts, { findings }: Pick<CompletenessParts, 'findings'>): void {
  const { topic, received, ready, delayed, leased, done, dropped, dead, expired, purged } = counts
  const sum = ready + delayed + leased + done + dropped + dead + expired + purged
  if (sum === received) return
  findings.add(
    'conservation',
    topic,
    `received ${received}, but the rest is ${sum}: ${JSON.stringify(counts)}`,
  )
}

/** Of a queue whose counts outlive what was done to the hub, at the end of the history. */
export function checkSight(counts: Counts, groups: readonly Group[], parts: CompletenessParts): void {
  const { fact, publications, findings, disturbances } = parts
  if (fact.kind !== 'queue' || (!fact.durable && disturbances.lastKill > 0)) return
  const expect = (name: 'received' | 'done' | 'dropped' | 'dead', least: number, most: number): void => {
    const count = counts[name]
    if (count >= least && count <= most) return
    findings.add('conservation', fact.topic, `${name} is ${count}, the harness saw ${least} to ${most}`)
  }
  let [least, most] = [0, 0]
  for (const publication of publications.values()) {
    least += publication.mustAppear ? 1 : 0
    most += mayBeCopies(publication, fact)
  }
  expect('received', least, most)
  const ends = { confirmed: 0, done: 0, dropped: 0, letters: 0 }
  for (const { handled } of groups) {
    for (const each of handled.values()) {
      if (each.wasConfirmedDone) ends.confirmed += 1
      if (each.wasDone) ends.done += 1
      if (each.wasDropped) ends.dropped += 1
      if (each.isDeadLetter) ends.letters += 1
    }
  }
  const spare = most - publications.size
  expect('done', ends.confirmed, ends.done + Math.max(0, spare))
  expect('dropped', 0, ends.dropped + Math.max(0, spare))
  expect('dead', ends.letters, ends.letters)
}
