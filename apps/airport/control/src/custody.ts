/** Reads the record of who has had which bag, and finds the bags that are missing and those nobody checked in. */

import { airport } from '@airport/contracts'
import type { Bus } from 'busbar'

export interface Custody {
  readonly checkedIn: number
  readonly delivered: number
  /** At Lost & Found, or were discarded there. */
  readonly lost: number
  /** Checked in, and never heard of again. */
  readonly missing: readonly string[]
  /** At an end without a beginning. */
  readonly strangers: readonly string[]
}

/** The story of every bag so far. */
export async function readCustody(bus: Bus): Promise<Custody> {
  const steps = { 'checked in': new Set<string>(), delivered: new Set<string>(), lost: new Set<string>() }
  for await (const { value } of bus.replay(airport.custody, { from: 'start', to: 'now' })) {
    steps[value.step].add(value.bag)
  }
  const { 'checked in': checkedIn, delivered, lost } = steps
  const ended = new Set([...delivered, ...lost])
  return {
    checkedIn: checkedIn.size,
    delivered: delivered.size,
    // A bag that got a new label was lost before it was delivered.
    lost: [...lost].filter((bag) => !delivered.has(bag)).length,
    missing: [...checkedIn].filter((bag) => !ended.has(bag)),
    strangers: [...ended].filter((bag) => !checkedIn.has(bag)),
  }
}
