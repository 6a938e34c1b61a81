/** The first pass over a history: what was published, how it ended, and what may therefore be expected of it. */

import type { HistoryEvent, PublishEnded, PublishInvoked, TopicEvent } from '../history/event.js'
import type { Findings } from './report.js'

/** Everything that is known of one id on one topic. */
export interface Publication {
  readonly id: string
  readonly value: string
  readonly hash: number
  readonly key: string | undefined
  readonly producer: string
  /** Place among the publishes of its topic, in the order of the calls. */
  readonly number: number
  /** Of the first call. */
  readonly invokedAt: number
  /** Number of the event of the first call. */
  readonly invokedSeq: number
  invokes: number
  acks: number
  refusals: number
  late: boolean
  /** It was published again when its dedupe window was over or purged: no promise makes one message of both. */
  isApart: boolean
  /** Receipted, at a level that outlives every end of the hub that came after the receipt. */
  mustAppear: boolean
  /** Number of the event of the first receipt. */
  ackedSeq: number
  /** Of the first receipt. */
  offset: number | undefined
  /** It was delivered, dead, or in the stream. */
  seen: boolean
}

/** All publishes of one topic, in the order of their first calls. */
export interface TopicPublications {
  readonly fact: TopicEvent
  readonly byId: ReadonlyMap<string, Publication>
}

/** Nobody can say of it where it stands in the order of its producer. */
export const hasPlace = (publication: Publication): boolean =>
  publication.invokes === 1 && publication.acks === 1 && !publication.late

/** Messages that may have come of it: one for each call that was not refused, or one of all where ids are told apart. */
export const mayBeCopies = ({ invokes, refusals, isApart }: Publication, { dedupeMs }: TopicEvent): number =>
  dedupeMs === undefined || isApart ? invokes - refusals : Math.min(1, invokes - refusals)

interface Reading {
  readonly fact: TopicEvent
  readonly byId: Map<string, Publication>
  purgedSeq: number
}

/** Reads the publishes of all topics. */
export function readPublications(
  history: Iterable<HistoryEvent>,
  findings: Findings,
): ReadonlyMap<string, TopicPublications> {
  const topics = new Map<string, Reading>()
  let seq = 0
  let lastKill = 0
  for (const event of history) {
    seq += 1
    if (event.op === 'topic') topics.set(event.topic, { fact: event, byId: new Map(), purgedSeq: 0 })
    else if (event.op === 'purge') touch(topics.get(event.topic), seq)
    else if (event.op === 'fault' && (event.fault === 'kill' || event.fault === 'restart')) lastKill = seq
    else if (event.op === 'publish') {
      const topic = topics.get(event.topic)
      if (topic === undefined)
        findings.add('incomplete', event.topic, 'published before the topic was declared')
      else if (event.type === 'invoke') invoked(topic, event, event, seq)
      else ended(topic, event, seq, findings)
    }
  }
  for (const { fact, byId } of topics.values()) {
    for (const publication of byId.values()) {
      publication.mustAppear &&= fact.durable || publication.ackedSeq > lastKill
      count(publication, findings)
    }
  }
  return topics
}

function touch(topic: Reading | undefined, seq: number): void {
  if (topic !== undefined) topic.purgedSeq = seq
}

function invoked({ byId }: Reading, call: PublishInvoked, { at, process }: HistoryEvent, seq: number): void {
  const known = byId.get(call.id)
  if (known !== undefined) {
    known.invokes += 1
    known.late ||= call.late === true
    return
  }
  byId.set(call.id, {
    id: call.id,
    value: call.value,
    hash: call.hash,
    key: call.key,
    producer: process,
    number: byId.size,
    invokedAt: at,
    invokedSeq: seq,
    invokes: 1,
    acks: 0,
    refusals: 0,
    late: call.late === true,
    isApart: false,
    mustAppear: false,
    ackedSeq: 0,
    offset: undefined,
    seen: false,
  })
}

function ended(
  topic: Reading,
  event: PublishEnded & { readonly at: number },
  seq: number,
  findings: Findings,
): void {
  const { fact, byId, purgedSeq } = topic
  const publication = byId.get(event.id)
  if (publication === undefined) {
    findings.add('unexpected', event.topic, `an answer for ${event.id}, which nobody published`)
    return
  }
  const { value, invokedAt, invokedSeq } = publication
  if (event.type === 'fail') publication.refusals += 1
  if (publication.invokes > 1) {
    publication.isApart ||= purgedSeq > invokedSeq || event.at - invokedAt >= (fact.dedupeMs ?? 0)
  }
  if (event.type !== 'ok') return
  if (fact.durable && event.level !== 'durable') {
    findings.add('unsafe', event.topic, `the receipt of ${value} says ${event.level}`)
  }
  if (publication.acks > 0 && !publication.isApart && event.duplicate !== true) {
    findings.add('duplicated', event.topic, `${value} was receipted twice as new`)
  }
  if (publication.acks === 0) {
    publication.ackedSeq = seq
    publication.offset = event.offset
  }
  publication.acks += 1
  publication.mustAppear = true
  if (event.duplicate === true) findings.figures.duplicateReceipts += 1
}

function count({ acks, refusals, invokes }: Publication, { figures }: Findings): void {
  figures.published += 1
  if (acks > 0) figures.acked += 1
  else if (refusals === invokes) figures.rejected += 1
  else figures.unknown += 1
}
