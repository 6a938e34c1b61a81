/** check(history): the one judge of all harnesses, a pure function from what was seen to what was broken. */

import type { HistoryEvent } from '../history/event.js'
import { Disturbances } from './disturbances.js'
import type { Claim } from './handled.js'
import { readPublications } from './publications.js'
import { Findings, type Report } from './report.js'
import { TopicWatch } from './topic-watch.js'

/**
 * Judges a history by `rules`. It is read twice, in the order in which it was written; memory grows with the messages
 * and not with their redeliveries. What the history does not show is not judged, but a topic that was never drained is
 * itself a finding.
 */
export function check(history: Iterable<HistoryEvent>): Report {
  const findings = new Findings()
  const published = readPublications(history, findings)
  const disturbances = new Disturbances()
  const topics = new Map(
    [...published].map(([name, { fact, byId }]) => [
      name,
      new TopicWatch(fact, byId, disturbances, findings),
    ]),
  )
  const claims = new Map<number, { readonly claim: Claim; readonly topic: TopicWatch }>()
  let seq = 0
  for (const event of history) {
    seq += 1
    if (event.op === 'fault') {
      disturbances.fault(event, seq)
      if (event.fault === 'kill' && event.type === 'begin') findings.figures.kills += 1
      if (event.fault !== 'kill' && event.fault !== 'restart') continue
      for (const topic of topics.values()) topic.killed()
    } else if (event.op === 'link') disturbances.link(event.process, seq)
    else if (event.op === 'lost' || event.op === 'settle') {
      const found = claims.get(event.n)
      if (found === undefined) findings.add('incomplete', '', `nothing was delivered as ${event.n}`)
      else if (event.op === 'lost') {
        found.claim.isLost = true
        findings.figures.claimsLost += 1
      } else {
        claims.delete(event.n)
        found.topic.groupNamed(found.claim.group.name)?.settled(found.claim, event, seq)
      }
    } else {
      const topic = topics.get(event.topic)
      if (topic === undefined)
        findings.add('incomplete', event.topic, `has a ${event.op} and was never declared`)
      else if (event.op === 'deliver') claims.set(event.n, { claim: topic.delivered(event, seq), topic })
      else follow(topic, event, seq, disturbances)
    }
  }
  for (const topic of topics.values()) topic.finish()
  findings.figures.events = seq
  return findings.report()
}

/** Everything else that happens on a topic. */
function follow(
  topic: TopicWatch,
  event: Exclude<HistoryEvent, { readonly op: 'fault' | 'link' | 'lost' | 'settle' | 'deliver' }>,
  seq: number,
  disturbances: Disturbances,
): void {
  switch (event.op) {
    case 'publish':
      if (event.type === 'ok') topic.receipted(event.offset, event.id, seq)
      break
    case 'subscribe':
      topic.begins(event, seq)
      break
    case 'unsubscribe':
      if (event.type === 'ok') disturbances.left(event.process, seq)
      topic.ends(event, seq)
      break
    case 'confirm':
      topic.groupOf(event, seq).confirmed(event)
      break
    case 'commit':
      topic.groupOf(event, seq).commit(event.offset)
      break
    case 'gap':
      topic.gap(event, seq)
      break
    case 'dead':
      topic.dead(event, seq)
      break
    case 'redrive':
      topic.redrives.seen(event, seq)
      break
    case 'purge':
      topic.purge(event, seq)
      break
    case 'counts':
      topic.count(event)
      break
    case 'record':
      topic.record(event, seq)
      break
    case 'drained':
      topic.drained()
      break
    case 'topic':
      break
  }
}
