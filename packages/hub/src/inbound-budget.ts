/** Bounds the bytes of half-received frames of all connections together; who stalls longest pays. */

/** Somebody with half a frame. */
export interface Stalling {
  /** Is to give its bytes back at once by ending. */
  outOfBudget(): void
}

export interface InboundBudget {
  readonly usedBytes: number
  /** Says how many bytes more (or fewer) are held. */
  add(bytes: number): void
  /** Notes that a frame began, or that the one before it was completed and another began. */
  began(who: Stalling): void
  completed(who: Stalling): void
}

export function inboundBudget(maxBytes: number): InboundBudget {
  // In the order of beginning, so that the first one has stalled longest.
  const stalling = new Set<Stalling>()
  let usedBytes = 0
  return {
    get usedBytes() {
      return usedBytes
    },
    add(bytes) {
      usedBytes += bytes
      if (bytes <= 0) return
      for (const who of stalling) {
        if (usedBytes <= maxBytes) break
        stalling.delete(who)
        who.outOfBudget()
      }
    },
    began(who) {
      stalling.delete(who)
      stalling.add(who)
    },
    completed(who) {
      stalling.delete(who)
    },
  }
}
