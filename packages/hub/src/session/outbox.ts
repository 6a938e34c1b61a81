/** Writes one connection: frames are coalesced per turn, handed to the socket in small rounds, and bounded. */

import { FrameWriter } from '@busbar/protocol'
import type { Clock } from 'busbar/transport'
import type { Flush } from '../flush.js'
import type { Link } from '../link.js'

/** What an outbox reports to. */
export interface OutboxOwner {
  /** A turn's frames are about to leave: what was held back for coalescing is to be written now. */
  leaving(): void
  /** The peer takes bytes again; only after `writable` was false. */
  drained(): void
  /** More bytes wait than are allowed. */
  overflowed(): void
}

/** Bytes given to the socket at a time; each round that the system takes is progress. */
const roundBytes = 256 * 1024

export class Outbox {
  /** Frames go in here, then `written()` is called. */
  readonly frames = new FrameWriter()
  private readonly chunks: Uint8Array[] = []
  private chunkBytes = 0
  private roundedBytes = 0
  private scheduled = false
  private behind = false
  private closed = false
  private progressAt = 0
  private readonly idle: (() => void)[] = []

  constructor(
    private readonly link: Link,
    private readonly owner: OutboxOwner,
    private readonly flush: Flush,
    private readonly clock: Clock,
    private readonly limits: { readonly outboundPauseBytes: number; readonly maxOutboundBytes: number },
  ) {}

  /** Bytes that the system has not taken yet. */
  get pendingBytes(): number {
    return this.frames.pendingBytes + this.chunkBytes + this.roundedBytes
  }

  /** False: what can wait should; see `drained`. */
  get writable(): boolean {
    if (!this.behind && this.pendingBytes > this.limits.outboundPauseBytes) this.behind = true
    return !this.behind
  }

  /** To be called after frames were written. */
  written(): void {
    this.later()
    if (!this.closed && this.pendingBytes > this.limits.maxOutboundBytes) this.owner.overflowed()
  }

  /** Asks for `leaving` at the end of this turn. */
  later(): void {
    if (this.closed || this.scheduled) return
    this.scheduled = true
    this.flush(this.send)
  }

  /** When something was last sent. */
  sentAt = 0

  /** How long the peer has taken nothing although bytes wait, in ms. */
  stalledMs(now: number): number {
    return this.roundedBytes === 0 ? 0 : now - this.progressAt
  }

  /** Resolves when everything was taken, or the connection is gone. */
  flushed(): Promise<void> {
    if (this.closed || this.pendingBytes === 0) return Promise.resolve()
    return new Promise((resolve) => this.idle.push(resolve))
  }

  /** Hands over what waits, now, whatever its size, for a last word before the end. */
  sendAll(): void {
    this.gather()
    if (!this.closed && this.chunks.length > 0) this.link.write(this.chunks.splice(0), () => {})
    this.chunkBytes = 0
  }

  /** Forgets everything. */
  close(): void {
    this.closed = true
    this.chunks.length = 0
    this.chunkBytes = 0
    this.roundedBytes = 0
    for (const resolve of this.idle.splice(0)) resolve()
  }

  private readonly send = (): void => {
    this.scheduled = false
    if (this.closed || this.roundedBytes > 0) return
    this.gather()
    const round: Uint8Array[] = []
    while (this.roundedBytes < roundBytes) {
      const chunk = this.chunks.shift()
      if (chunk === undefined) break
      round.push(chunk)
      this.roundedBytes += chunk.length
    }
    if (round.length === 0) return
    this.chunkBytes -= this.roundedBytes
    this.progressAt = this.clock.monotonic()
    this.sentAt = this.progressAt
    this.link.write(round, this.taken)
  }

  private readonly taken = (): void => {
    if (this.closed) return
    this.roundedBytes = 0
    this.send()
    if (this.behind && this.pendingBytes <= this.limits.outboundPauseBytes / 2) {
      this.behind = false
      this.owner.drained()
    }
    if (this.pendingBytes === 0) for (const resolve of this.idle.splice(0)) resolve()
  }

  private gather(): void {
    this.owner.leaving()
    this.chunkBytes += this.frames.pendingBytes
    this.frames.handOver((chunk) => this.chunks.push(chunk) > 0)
  }
}
