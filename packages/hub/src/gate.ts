/** Lets connections in: few unauthenticated ones at a time, the rest in line, none beyond the limit. */

import type { Clock, Timer } from 'busbar/transport'

/** Somebody who wants in. */
export interface Visitor {
  /** Its turn has come: from now on it must authenticate within the handshake timeout. */
  enter(): void
  /** It had its turn, said nothing that counts, and others wait. */
  evict(): void
}

export interface Gate {
  readonly connections: number
  readonly unauthenticated: number
  /** False: the hub is full. Otherwise `enter` is called, now or when there is room. */
  arrive(visitor: Visitor): boolean
  /** The visitor proved who it is and no longer counts as unauthenticated. */
  authenticated(visitor: Visitor): void
  left(visitor: Visitor): void
}

export interface GateOptions {
  readonly clock: Clock
  readonly maxConnections: number
  readonly maxUnauthenticated: number
}

/** How long a peer may take for its handshake while others wait in line, in ms. */
const graceMs = 250

/**
 * Silent peers cannot keep others out: while a line exists, a peer that has had its turn for 250 ms loses it to
 * the next one. Without a line everybody has the whole handshake timeout.
 */
export function createGate({ clock, maxConnections, maxUnauthenticated }: GateOptions): Gate {
  const all = new Set<Visitor>()
  const line = new Set<Visitor>()
  const inside = new Map<Visitor, number>()
  let sweep: Timer | undefined

  const fill = (): void => {
    for (const visitor of line) {
      if (inside.size >= maxUnauthenticated) break
      line.delete(visitor)
      inside.set(visitor, clock.monotonic())
      visitor.enter()
    }
    if (line.size > 0) sweep ??= clock.after(graceMs, evictSilent)
  }
  const evictSilent = (): void => {
    sweep = undefined
    const now = clock.monotonic()
    let wanted = line.size
    // Insertion order is the order of entering, so the first are the slowest.
    for (const [visitor, since] of inside) {
      if (wanted-- <= 0 || now - since < graceMs) break
      visitor.evict()
    }
    fill()
  }
  return {
    get connections() {
      return all.size
    },
    get unauthenticated() {
      return inside.size
    },
    arrive(visitor) {
      if (all.size >= maxConnections) return false
      all.add(visitor)
      line.add(visitor)
      fill()
      return true
    },
    authenticated(visitor) {
      if (inside.delete(visitor)) fill()
    },
    left(visitor) {
      all.delete(visitor)
      line.delete(visitor)
      inside.delete(visitor)
      fill()
      if (line.size === 0) {
        sweep?.cancel()
        sweep = undefined
      }
    },
  }
}
