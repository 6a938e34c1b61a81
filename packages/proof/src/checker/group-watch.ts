/** Follows one group of consumers: who has what in hand, what is done for good, and what comes again. */

import type {
  Confirmed,
  Delivered,
  Gap,
  HistoryEvent,
  Settled,
  Subscribed,
  TopicEvent,
} from '../history/event.js'
import { Committed } from './committed.js'
import type { Disturbances } from './disturbances.js'
import { type Claim, type End, type Group, handledOf, newGroup } from './handled.js'
import { OrderWatch } from './order-watch.js'
import { mayBeCopies, type Publication } from './publications.js'
import type { Redrives } from './redrives.js'
import type { Findings } from './report.js'

/** What the groups of one topic share. */
export interface GroupParts {
  readonly fact: TopicEvent
  readonly redrives: Redrives
  readonly disturbances: Disturbances
  readonly findings: Findings
}

type At<T> = T & Pick<HistoryEvent, 'at' | 'process'>

export class GroupWatch {
  readonly group: Group
  private readonly order: OrderWatch
  private readonly members = new Map<string, number>()
  private readonly unconfirmed = new Map<string, End[]>()
  private committed: Committed | undefined

  constructor(
    name: string,
    since: number,
    private readonly parts: GroupParts,
  ) {
    this.group = newGroup(name, since)
    this.order = new OrderWatch(parts.fact, this.group, parts.findings)
  }

  subscribed({ process, concurrency, from }: At<Subscribed>): void {
    const { group } = this
    if (from !== undefined) this.committed ??= new Committed(from)
    this.members.set(process, (this.members.get(process) ?? 0) + concurrency)
    group.members += concurrency
    group.peak = Math.max(group.peak, group.members)
  }

  leaving(seq: number): void {
    this.group.until = Math.min(this.group.until, seq)
  }

  left(process: string): void {
    this.group.members -= this.members.get(process) ?? 0
    this.members.delete(process)
  }

  gap({ count, from, to }: Gap): void {
    this.group.missed += count
    if (from === undefined || to === undefined) return
    this.group.gaps.push([from, to])
    this.committed?.skip(from, to)
  }

  commit(offset: number): void {
    this.committed ??= new Committed(0)
    this.committed.advance(offset)
  }

  /** `publication` is undefined for what nobody published. */
  delivered(event: At<Delivered>, seq: number, publication: Publication | undefined): Claim {
    const { n, id, process, attempt, offset, at } = event
    const { fact, findings, redrives } = this.parts
    const handled = handledOf(this.group, id)
    const claim: Claim = { n, id, process, attempt, offset, seq, at, group: this.group, isLost: false }
    const isFirst = handled.deliveries === 0
    const isRedriven = redrives.covers(id, handled.end)
    if (!isFirst) findings.figures.redelivered += 1
    // Where ids are not told apart, another delivery may be another message.
    if (!isFirst && (publication === undefined || mayBeCopies(publication, fact) <= 1)) {
      if (!fact.tracked) this.breach('duplicated', event, 'came twice, which events without retry never do')
      else if (handled.end !== undefined && !isRedriven) this.judgeReturn(event, handled.end)
      else if (handled.open !== undefined) this.judgeOverlap(event, handled.open)
    }
    if (publication !== undefined && !handled.wasEnded && !redrives.touched(id)) {
      this.order.delivered(publication, isFirst && attempt === 1)
    }
    handled.deliveries += 1
    handled.open = claim
    handled.end = undefined
    return claim
  }

  settled(claim: Claim, { outcome, at }: At<Settled>, seq: number): void {
    const handled = handledOf(this.group, claim.id)
    // A claim that was lost settles nothing; whoever has the message now goes on.
    if (claim.isLost || handled.open !== claim) return
    handled.open = undefined
    const { fact } = this.parts
    const isDead = outcome === 'reject' || (outcome === 'retry' && claim.attempt >= fact.attempts)
    if (outcome === 'retry' && !isDead) return
    const end: End = {
      kind: isDead ? 'dead' : outcome === 'drop' ? 'drop' : 'done',
      claim,
      seq,
      isBrief: at - claim.at < fact.leaseMs,
      isConfirmed: false,
    }
    handled.end = end
    handled.wasEnded = true
    handled.wasDone ||= end.kind === 'done'
    handled.wasDropped ||= end.kind === 'drop'
    const waiting = this.unconfirmed.get(claim.process)
    if (waiting === undefined) this.unconfirmed.set(claim.process, [end])
    else waiting.push(end)
  }

  confirmed({ process }: At<Confirmed>): void {
    const { disturbances } = this.parts
    for (const end of this.unconfirmed.get(process) ?? []) {
      // What was said on a link that broke may never have been heard.
      if (disturbances.linkSince(process, end.claim.seq)) continue
      end.isConfirmed = true
      const handled = handledOf(this.group, end.claim.id)
      handled.wasConfirmedDone ||= end.kind === 'done'
      if (end.claim.offset !== undefined) this.committed?.settle(end.claim.offset)
    }
    this.unconfirmed.delete(process)
  }

  finish(): void {
    this.order.finish()
  }

  /** A message came again although a handler had ended it. */
  private judgeReturn(event: At<Delivered>, end: End): void {
    const { disturbances, fact } = this.parts
    const { claim, isBrief, isConfirmed, kind } = end
    // Of a stream, a group keeps its position and not each record: what is settled beyond a gap may come again.
    const isSafe =
      isConfirmed && (fact.kind !== 'stream' || this.committed?.covers(event.offset ?? 0) === true)
    const isUndisturbed = isBrief && !disturbances.since(claim.process, claim.seq)
    if (!isSafe && !isUndisturbed) return
    const rule = disturbances.lastKill > end.seq ? 'resurrected' : 'duplicated'
    this.breach(rule, event, `came again after it was ${kind}${isConfirmed ? ' and confirmed' : ''}`)
  }

  private judgeOverlap(event: At<Delivered>, open: Claim): void {
    const { disturbances, fact } = this.parts
    if (open.isLost || event.at - open.at >= fact.leaseMs || disturbances.since(open.process, open.seq))
      return
    this.breach('doubled', event, `went to ${event.process} while ${open.process} had it`)
  }

  private breach(
    rule: 'duplicated' | 'resurrected' | 'doubled',
    { value, id }: Delivered,
    what: string,
  ): void {
    const { findings, fact } = this.parts
    findings.add(rule, fact.topic, `${value} (${id}) ${what}, in ${this.group.name}`)
  }
}
