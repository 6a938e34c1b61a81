/** What a share session has acquired and not settled, and what it has still to say about it. */

import type { Clock } from 'busbar/transport'
import { type Acknowledgement, type SharePlace, type Verdict, verdicts } from '../wire/share-fetch.js'

export interface ShareSource {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

export interface HeldRecords {
  readonly count: number
  hold(source: ShareSource, offset: number): void
  /** To be told with the next request; nothing happens when the claim was lost. */
  accept(source: ShareSource, offset: number): void
  readonly hasNews: boolean
  /** What the next request has to carry, with renewals of claims older than `renewMs` if any. */
  takeNews(): readonly SharePlace[]
  takeRenewals(renewMs: number): readonly SharePlace[]
  /** The session is gone, and with it every claim. */
  loseAll(): void
}

/** Offsets of one verdict, by partition. */
type Offsets = Map<ShareSource, number[]>

export function createHeldRecords(clock: Pick<Clock, 'monotonic'>): HeldRecords {
  /** Monotonic times of the last acquisition or renewal. */
  const claims = new Map<ShareSource, Map<number, number>>()
  let accepted: Offsets = new Map()

  return {
    get count() {
      let count = 0
      for (const { size } of claims.values()) count += size
      return count
    },
    get hasNews() {
      return accepted.size > 0
    },
    hold(source, offset) {
      const own = claims.get(source)
      if (own !== undefined) own.set(offset, clock.monotonic())
      else claims.set(source, new Map([[offset, clock.monotonic()]]))
    },
    accept(source, offset) {
      if (claims.get(source)?.delete(offset) !== true) return
      const own = accepted.get(source)
      if (own !== undefined) own.push(offset)
      else accepted.set(source, [offset])
    },
    takeNews() {
      const places = placesOf(accepted, verdicts.accept)
      accepted = new Map()
      return places
    },
    takeRenewals(renewMs) {
      const now = clock.monotonic()
      const due: Offsets = new Map()
      for (const [source, own] of claims) {
        const old = [...own].filter(([, since]) => now - since >= renewMs).map(([offset]) => offset)
        for (const offset of old) own.set(offset, now)
        if (old.length > 0) due.set(source, old)
      }
      return placesOf(due, verdicts.renew)
    },
    loseAll() {
      claims.clear()
      accepted = new Map()
    },
  }
}

function placesOf(all: Offsets, verdict: Verdict): SharePlace[] {
  return [...all].map(([{ topicId, partition }, offsets]) => ({
    topicId,
    partition,
    acknowledgements: rangesOf(offsets, verdict),
  }))
}

/** Neighbours as one, in the order that the broker wants: it keeps and stores state for each range. */
function rangesOf(offsets: readonly number[], verdict: Verdict): Acknowledgement[] {
  const ranges: { readonly first: number; last: number; readonly verdict: Verdict }[] = []
  for (const offset of [...offsets].sort((a, b) => a - b)) {
    const range = ranges.at(-1)
    if (range !== undefined && range.last + 1 === offset) range.last = offset
    else ranges.push({ first: offset, last: offset, verdict })
  }
  return ranges
}
