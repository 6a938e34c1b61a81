/** The messages a consumer has started and must settle. */

import type { Delivery, Message } from 'busbar/transport'
import type { DeliverFrame } from '../delivery-frames.js'

/** A delivery as the bus sees it, with what the session needs to settle it. */
export class Claim implements Delivery {
  readonly message: Message
  readonly attempt: number
  readonly token: number
  readonly acquired: number
  declare readonly offset?: number
  private lost = false
  private listeners: (() => void)[] | undefined

  constructor(
    frame: DeliverFrame,
    /** The connection it came on; its token means nothing on another. */
    readonly generation: number,
  ) {
    this.message = frame.message
    this.attempt = frame.attempt
    this.acquired = frame.acquired
    this.token = frame.token
    if (frame.offset !== undefined) this.offset = frame.offset
  }

  onLost(fn: () => void): void {
    if (this.lost) {
      fn()
      return
    }
    this.listeners ??= []
    this.listeners.push(fn)
  }

  /** The claim is void: the message is or will be somebody else's. */
  lose(): void {
    if (this.lost) return
    this.lost = true
    const { listeners } = this
    this.listeners = undefined
    if (listeners !== undefined) for (const fn of listeners) fn()
  }
}
