/** The counts of a channel: what its groups write down and what `inspect` makes of it. */

import type { BrokerState, Tally } from './parts.js'

export const createTally = (): Tally => ({
  received: 0,
  done: 0,
  dropped: 0,
  dead: 0,
  expired: 0,
  purged: 0,
  redriven: 0,
})

/** The counts of both together. */
export function sumOf(one: Tally, other: Tally): Tally {
  return {
    received: one.received + other.received,
    done: one.done + other.done,
    dropped: one.dropped + other.dropped,
    dead: one.dead + other.dead,
    expired: one.expired + other.expired,
    purged: one.purged + other.purged,
    redriven: one.redriven + other.redriven,
  }
}

/** What a group holds now. */
export interface Holding {
  readonly ready: number
  readonly delayed?: number
  readonly leased?: number
  readonly members: number
}

/** received = ready + delayed + leased + done + dropped + dead + expired + purged, at every quiet point. */
export function stateOf(tally: Tally, groups: Iterable<Holding>): BrokerState {
  let [ready, delayed, leased, consumers] = [0, 0, 0, 0]
  for (const group of groups) {
    ready += group.ready
    delayed += group.delayed ?? 0
    leased += group.leased ?? 0
    consumers += group.members
  }
  return { ...tally, ready, delayed, leased, consumers }
}
