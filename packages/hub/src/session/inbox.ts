/** Reads one connection: cuts chunks into frames, a bounded number per turn, so that no peer starves the others. */

import { FrameParser, turnBytes, turnFrames } from '@busbar/protocol'
import { BusError, type Clock } from 'busbar/transport'
import type { InboundBudget } from '../inbound-budget.js'

/** What an inbox reports to. */
export interface InboxOwner {
  /** One whole frame; whatever is thrown goes to `failed`. */
  frame(frames: FrameParser): void
  failed(error: unknown): void
  /** More has come than is handled: stop reading until told otherwise. */
  pause(): void
  resume(): void
}

/** Unhandled bytes above which the peer is no longer read. */
const pauseBytes = 256 * 1024

export class Inbox {
  readonly frames: FrameParser
  private running = false
  private paused = false
  private closed = false
  private countedBytes = 0
  /** When the frame that is still incomplete began. */
  private since: number | undefined

  constructor(
    private readonly owner: InboxOwner,
    private readonly budget: InboundBudget,
    private readonly clock: Clock,
    maxFrameBytes: number,
  ) {
    this.frames = new FrameParser(maxFrameBytes)
  }

  data(chunk: Uint8Array): void {
    if (this.closed) return
    this.frames.push(chunk)
    if (!this.running) this.turn()
    else if (!this.paused && this.frames.bufferedBytes > pauseBytes) {
      this.paused = true
      this.owner.pause()
    }
  }

  /** How long the frame that is being received has taken so far, in ms. */
  stalledMs(now: number): number {
    return this.since === undefined ? 0 : now - this.since
  }

  outOfBudget(): void {
    this.owner.failed(
      new BusError(
        'LIMIT_EXCEEDED',
        'The hub holds too many half-received frames and this one is the oldest.',
      ),
    )
  }

  /** Gives back what is held; nothing is read any more. */
  close(): void {
    this.closed = true
    this.budget.completed(this)
    this.budget.add(-this.countedBytes)
    this.countedBytes = 0
    this.since = undefined
  }

  private readonly turn = (): void => {
    if (this.closed) return
    const { frames } = this
    let handled = 0
    let bytes = 0
    try {
      while (frames.next()) {
        handled += 1
        bytes += frames.body.left
        this.owner.frame(frames)
        if (this.closed) return
        if (handled >= turnFrames || bytes >= turnBytes) {
          this.running = true
          setImmediate(this.turn)
          return
        }
      }
    } catch (error) {
      this.owner.failed(error)
      return
    }
    this.running = false
    this.count(handled > 0)
    if (this.paused) {
      this.paused = false
      this.owner.resume()
    }
  }

  private count(progress: boolean): void {
    const { bufferedBytes } = this.frames
    if (bufferedBytes === 0) {
      if (this.since !== undefined) this.budget.completed(this)
      this.since = undefined
    } else if (progress || this.since === undefined) {
      this.since = this.clock.monotonic()
      this.budget.began(this)
    }
    const more = bufferedBytes - this.countedBytes
    this.countedBytes = bufferedBytes
    if (more !== 0) this.budget.add(more)
  }
}
