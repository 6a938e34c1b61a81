/** Places: one number for the segment and the position in it, ordered as the records are. */

import type { Place } from 'busbar/transport'

/** More bytes than a segment may ever have; small enough that 67 million segments stay exact. */
const segmentSpan = 2 ** 27

export function placeAt(segment: number, position: number): Place {
  return segment * segmentSpan + position
}

export function segmentOf(place: Place): number {
  return Math.floor(place / segmentSpan)
}

export function positionOf(place: Place): number {
  return place % segmentSpan
}
