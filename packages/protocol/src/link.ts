/** The only thing that a wire of the hub protocol implements: an ordered byte stream with back-pressure. */

/** One end of an open byte stream. Chunks are cut anywhere: frames may span chunks and share them. */
export interface Link {
  /**
   * Queues bytes, which the caller must not change afterwards. False: wait for `onDrain` before sending more;
   * these bytes are sent nevertheless. Does nothing once closed.
   */
  send(chunk: Uint8Array): boolean
  /** Stops and restarts reading; for a receiver that is behind. */
  pause(): void
  resume(): void
  /** Sends what is queued, then ends the stream. Idempotent. */
  close(): void
  /** Drops what is queued and ends the stream at once. Idempotent. */
  destroy(): void
}

/** What a link tells its owner. None may throw. Nothing comes after `onClose`, which comes exactly once. */
export interface LinkEvents {
  /** The receiver owns the chunk: the link neither reuses nor changes its memory. */
  onData(chunk: Uint8Array): void
  onDrain(): void
  onClose(reason: string | undefined): void
}

/** Opens a link; `events` are called from then on. Rejects with UNREACHABLE, or CANCELLED when the signal aborts. */
export type Dial = (events: LinkEvents, signal: AbortSignal) => Promise<Link>
