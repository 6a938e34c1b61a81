/** What a share session has acquired and not settled, and what it has still to say about it. */

import type { Clock } from 'busbar/transport'
import { type Acknowledgement, type SharePlace, verdicts } from '../wire/share-fetch.js'

export interface ShareSource {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
}

interface Claim {
  readonly source: ShareSource
  readonly offset: bigint
  /** Monotonic time of the last acquisition or renewal. */
  since: number
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

const keyOf = ({ topicId, partition }: ShareSource, offset: number): string =>
  `${topicId}/${partition}/${offset}`

export function createHeldRecords(clock: Clock): HeldRecords {
  const claims = new Map<string, Claim>()
  let news: { readonly source: ShareSource; readonly acknowledgement: Acknowledgement }[] = []

  const placesOf = (all: typeof news): SharePlace[] => {
    const places = new Map<string, { source: ShareSource; list: Acknowledgement[] }>()
    for (const { source, acknowledgement } of all) {
      const key = keyOf(source, 0)
      const known = places.get(key)
      if (known === undefined) places.set(key, { source, list: [acknowledgement] })
      else known.list.push(acknowledgement)
    }
    return [...places.values()].map(({ source, list }) => ({
      topicId: source.topicId,
      partition: source.partition,
      // The broker wants them in order.
      acknowledgements: list.sort((a, b) => Number(a.offset - b.offset)),
    }))
  }

  return {
    get count() {
      return claims.size
    },
    get hasNews() {
      return news.length > 0
    },
    hold(source, offset) {
      claims.set(keyOf(source, offset), { source, offset: BigInt(offset), since: clock.monotonic() })
    },
    accept(source, offset) {
      if (!claims.delete(keyOf(source, offset))) return
      news.push({ source, acknowledgement: { offset: BigInt(offset), verdict: verdicts.accept } })
    },
    takeNews() {
      const places = placesOf(news)
      news = []
      return places
    },
    takeRenewals(renewMs) {
      const now = clock.monotonic()
      const due = [...claims.values()].filter(({ since }) => now - since >= renewMs)
      for (const claim of due) claim.since = now
      return placesOf(
        due.map(({ source, offset }) => ({ source, acknowledgement: { offset, verdict: verdicts.renew } })),
      )
    },
    loseAll() {
      claims.clear()
      news = []
    },
  }
}
