/** Offsets of one stream: dense, never used twice, and without holes that nobody was told of. */

import type { Delivered, Gap, RecordSeen, TopicEvent } from '../history/event.js'
import { reportLost } from './lost.js'
import { hasPlace, mayBeCopies, type Publication } from './publications.js'
import type { Findings } from './report.js'

export class OffsetWatch {
  /** Whose record is at each offset, and the number of the event that showed it last. */
  private readonly seen = new Map<number, { readonly id: string; seq: number }>()
  /** Offset of the next record of the final replay, and of its first. */
  private next: number | undefined
  private first: number | undefined
  private readonly replayed = new Set<number>()
  /** The next offset of each reader that has a place. */
  private readonly readers = new Map<string, number>()

  constructor(
    private readonly fact: TopicEvent,
    private readonly findings: Findings,
  ) {}

  /** A receipt, a delivery or the final replay says whose record is at an offset. */
  shows(offset: number | undefined, id: string, seq: number): void {
    if (offset === undefined) {
      this.findings.add('incomplete', this.fact.topic, `${id} was seen without an offset`)
      return
    }
    const known = this.seen.get(offset)
    if (known === undefined) this.seen.set(offset, { id, seq })
    else if (known.id === id) known.seq = seq
    else this.findings.add('reused', this.fact.topic, `offset ${offset} is of ${known.id} and of ${id}`)
  }

  /** The hub ended: without a store it begins anew. */
  killed(): void {
    if (this.fact.durable) return
    this.seen.clear()
    this.readers.clear()
  }

  /** A reader without a group begins, here or at a place that only its first record tells. */
  begins(reader: string, from: number | undefined): void {
    if (from === undefined) this.readers.delete(reader)
    else this.readers.set(reader, from)
  }

  read(reader: string, { offset = -1, value }: Delivered): void {
    const next = this.readers.get(reader) ?? offset
    if (offset > next) this.hole(reader, next, offset)
    else if (offset < next) {
      this.findings.add(
        'duplicated',
        this.fact.topic,
        `${reader} read ${value} at ${offset} after ${next - 1}`,
      )
    }
    this.readers.set(reader, Math.max(next, offset + 1))
  }

  /** A reader was told what it will not see. */
  gap(reader: string, { from, to }: Gap): void {
    const next = this.readers.get(reader)
    if (from === undefined || to === undefined) return
    if (next !== undefined && from > next) this.hole(reader, next, from)
    this.readers.set(reader, Math.max(next ?? 0, to + 1))
  }

  /** A record of the final replay. */
  record({ offset }: RecordSeen): void {
    this.first ??= offset
    if (this.next !== undefined && offset !== this.next) this.hole('the final replay', this.next, offset)
    this.next = offset + 1
    this.replayed.add(offset)
  }

  /** Judges the whole; `isPurged` when records may be gone from the beginning. */
  finish(publications: ReadonlyMap<string, Publication>, isPurged: boolean): void {
    const mayBegin = this.fact.bounded === true || isPurged
    if (!mayBegin && (this.first ?? 0) > 0) this.hole('the final replay', 0, this.first ?? 0)
    const copies = new Map<string, number>()
    const gone = new Set<string>()
    for (const [offset, { id }] of this.seen) {
      copies.set(id, (copies.get(id) ?? 0) + 1)
      const isLeft = !mayBegin || offset >= (this.first ?? Number.POSITIVE_INFINITY)
      if (isLeft && !this.replayed.has(offset)) gone.add(id)
    }
    for (const [id, count] of copies) {
      const publication = publications.get(id)
      if (publication === undefined || count <= Math.max(1, mayBeCopies(publication, this.fact))) continue
      this.findings.add('duplicated', this.fact.topic, `${publication.value} has ${count} offsets`)
    }
    // What a reader has seen is as sure as what was receipted.
    reportLost(publications.values(), this.fact.topic, 'is not in the stream', this.findings, ({ id }) =>
      copies.has(id) ? (gone.has(id) ? 'missing' : 'there') : 'unjudged',
    )
    this.checkOrder(publications)
  }

  /** Receipted records of one producer have rising offsets. */
  private checkOrder(publications: ReadonlyMap<string, Publication>): void {
    const last = new Map<string, Publication>()
    for (const publication of publications.values()) {
      const { producer, offset, value } = publication
      if (offset === undefined || !hasPlace(publication)) continue
      const before = last.get(producer)
      if (before?.offset !== undefined && before.offset > offset) {
        this.findings.add('reordered', this.fact.topic, `${value} is at ${offset}, before ${before.value}`)
      } else last.set(producer, publication)
    }
  }

  private hole(who: string, from: number, to: number): void {
    this.findings.add('gapped', this.fact.topic, `${who} got ${to} where ${from} was next`)
  }
}
