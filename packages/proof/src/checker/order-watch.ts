/** Order within one group: what was published later by the same producer, with the same key, must not come first. */

import type { TopicEvent } from '../history/event.js'
import type { Group } from './handled.js'
import { hasPlace, type Publication } from './publications.js'
import type { Findings } from './report.js'

/**
 * The rule. Judged are messages with one call, receipted, without delay or priority, and never redriven. On topics
 * that are ordered by key, no delivery of a message may follow the first delivery of a later one of the same producer
 * and key, unless a handler had ended it before. Elsewhere, on plain topics and for groups that never had more than
 * one handler at a time, the same holds for first deliveries only: a retry may come late.
 */
export class OrderWatch {
  private readonly latest = new Map<string, Publication>()
  /** First deliveries that came late, told only if the group turns out to have had one handler at a time. */
  private readonly late: string[] = []

  constructor(
    private readonly fact: TopicEvent,
    private readonly group: Group,
    private readonly findings: Findings,
  ) {}

  /** A delivery of what no handler had ended before. */
  delivered(publication: Publication, isFirst: boolean): void {
    const { ordered } = this.fact
    if (!hasPlace(publication) || (ordered && publication.key === undefined)) return
    if (!ordered && !isFirst) return
    const line = ordered ? `${publication.producer} ${publication.key}` : publication.producer
    const before = this.latest.get(line)
    if (before === undefined || before.number < publication.number) {
      this.latest.set(line, publication)
      return
    }
    if (before === publication) return
    const text = `${publication.value} came to ${this.group.name} after ${before.value}`
    if (ordered) this.findings.add('reordered', this.fact.topic, text)
    else this.late.push(text)
  }

  finish(): void {
    if (this.group.peak > 1) return
    for (const text of this.late) this.findings.add('reordered', this.fact.topic, text)
  }
}
