/** Follows one topic through the second pass: hands its events to the groups and offsets, and judges the end. */

import type {
  Counts,
  DeadLetterSeen,
  Delivered,
  Gap,
  Happening,
  HistoryEvent,
  Purged,
  RecordSeen,
  Subscribed,
  TopicEvent,
  Unsubscribed,
} from '../history/event.js'
import { checkCompleteness } from './completeness.js'
import { checkSight, checkSum } from './conservation.js'
import type { Disturbances } from './disturbances.js'
import { GroupWatch } from './group-watch.js'
import { type Claim, handledOf } from './handled.js'
import { OffsetWatch } from './offset-watch.js'
import type { Publication } from './publications.js'
import { Redrives } from './redrives.js'
import type { Findings } from './report.js'

type At<T> = T & Pick<HistoryEvent, 'at' | 'process'>
type Placed = Extract<Happening, { readonly group?: string }>

export class TopicWatch {
  readonly redrives = new Redrives()
  private readonly groups = new Map<string, GroupWatch>()
  private readonly offsets: OffsetWatch | undefined
  private readonly judged = new Set<string>()
  private counts: Counts | undefined
  private isDrained = false
  private purged = 0
  private purgedSeq = 0

  constructor(
    readonly fact: TopicEvent,
    private readonly publications: ReadonlyMap<string, Publication>,
    readonly disturbances: Disturbances,
    readonly findings: Findings,
  ) {
    this.offsets = fact.kind === 'stream' ? new OffsetWatch(fact, findings) : undefined
  }

  /** The group of an event; a consumer without one is its own. */
  groupOf({ group, process }: At<Placed>, seq: number): GroupWatch {
    const name = this.fact.kind === 'queue' ? 'workers' : (group ?? `@${process}`)
    const known = this.groups.get(name)
    if (known !== undefined) return known
    const made = new GroupWatch(name, seq, this)
    this.groups.set(name, made)
    return made
  }

  groupNamed(name: string): GroupWatch | undefined {
    return this.groups.get(name)
  }

  receipted(offset: number | undefined, id: string, seq: number): void {
    this.offsets?.shows(offset, id, seq)
  }

  delivered(event: At<Delivered>, seq: number): Claim {
    const group = this.groupOf(event, seq)
    const publication = this.judge(event)
    this.offsets?.shows(event.offset, event.id, seq)
    if (event.group === undefined) this.offsets?.read(group.group.name, event)
    this.findings.figures.delivered += 1
    return group.delivered(event, seq, publication)
  }

  gap(event: At<Gap>, seq: number): void {
    const group = this.groupOf(event, seq)
    group.gap(event)
    if (event.group === undefined) this.offsets?.gap(group.group.name, event)
  }

  begins(event: At<Subscribed>, seq: number): void {
    const group = this.groupOf(event, seq)
    group.subscribed(event)
    if (event.group === undefined) this.offsets?.begins(group.group.name, event.from)
  }

  ends(event: At<Unsubscribed>, seq: number): void {
    const group = this.groupOf(event, seq)
    if (event.type === 'invoke') group.leaving(seq)
    else group.left(event.process)
  }

  dead(event: At<DeadLetterSeen>, seq: number): void {
    const { topic, value, id, reason } = event
    this.judge(event)
    this.findings.figures.dead += 1
    // The harness publishes nothing that its own schema refuses.
    if (reason === 'schema' || reason === 'undecodable') {
      this.findings.add('altered', topic, `${value} (${id}) is dead: ${reason}`)
    }
    const handled = handledOf(this.groupOf(event, seq).group, id)
    if (handled.isDeadLetter) this.findings.add('duplicated', topic, `${value} (${id}) is two dead letters`)
    if (handled.end?.isConfirmed === true && handled.end.kind !== 'dead') {
      this.findings.add(
        'resurrected',
        topic,
        `${value} (${id}) is dead, but was ${handled.end.kind} and confirmed`,
      )
    }
    handled.isDeadLetter = true
  }

  record(event: At<RecordSeen>, seq: number): void {
    this.judge(event)
    this.offsets?.shows(event.offset, event.id, seq)
    this.offsets?.record(event)
  }

  purge({ type, count = 0 }: Purged, seq: number): void {
    this.purgedSeq = seq
    if (type === 'ok') this.purged += count
  }

  killed(): void {
    this.offsets?.killed()
  }

  count(counts: Counts): void {
    this.counts = counts
    checkSum(counts, this)
  }

  drained(): void {
    this.isDrained = true
  }

  finish(): void {
    const { fact, findings, counts, publications, disturbances, purged, purgedSeq } = this
    for (const group of this.groups.values()) group.finish()
    for (const publication of publications.values()) {
      const { seen, acks, refusals, invokes } = publication
      if (seen && acks === 0 && refusals < invokes) findings.figures.unknownAppeared += 1
    }
    if (!this.isDrained) {
      findings.add('incomplete', fact.topic, 'was never drained, so nobody knows what is lost')
      return
    }
    const groups = [...this.groups.values()].map(({ group }) => group)
    // Messages for nobody are lost too, but an event without a group is for nobody on purpose.
    if (groups.length === 0 && fact.kind === 'queue') groups.push(new GroupWatch('workers', 0, this).group)
    const parts = { fact, publications, findings, disturbances, counts, purged, purgedSeq }
    checkCompleteness(groups, parts)
    this.offsets?.finish(publications, purgedSeq > 0)
    if (counts === undefined) return
    const { ready, delayed, leased } = counts
    if (fact.tracked && fact.kind !== 'stream' && ready + delayed + leased > 0) {
      findings.add('incomplete', fact.topic, `was drained, but ${ready + delayed + leased} messages wait`)
    }
    checkSight(counts, groups, parts)
  }

  /** A message that somebody saw: who published it, and is it still what it was? */
  private judge(sight: {
    readonly id: string
    readonly value: string
    readonly hash: number
  }): Publication | undefined {
    const { id, value, hash } = sight
    const publication = this.publications.get(id)
    if (publication === undefined) {
      this.once(id, 'unexpected', `${value} (${id}) was never published`)
      return undefined
    }
    publication.seen = true
    if (publication.refusals === publication.invokes) {
      this.once(id, 'refused', `${publication.value} (${id}) appeared, though its publish was refused`)
    }
    if (publication.value !== value || publication.hash !== hash) {
      this.once(id, 'altered', `${publication.value} (${id}) came as ${value} with hash ${hash}`)
    }
    return publication
  }

  private once(id: string, rule: 'unexpected' | 'refused' | 'altered', text: string): void {
    const name = `${rule} ${id}`
    if (this.judged.has(name)) return
    this.judged.add(name)
    this.findings.add(rule, this.fact.topic, text)
  }
}
