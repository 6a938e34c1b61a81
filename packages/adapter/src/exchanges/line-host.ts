/** What an exchange is told when it begins, and what it asks of the link it is on. */

import type { MaybePromise } from 'busbar/transport'
import type { Speaker } from './control-frames.js'
import type { Frame } from './lanes.js'
import type { Beating } from './pulse.js'

/** The link, as far as one exchange needs it. */
export interface LineHost {
  readonly inbox: string
  readonly windowBytes: number
  readonly heartbeatMs: number
  readonly isCut: boolean
  /** On the monotonic clock, in ms. */
  now(): number
  send(inbox: string, frame: Frame): MaybePromise<void | 'nobody'>
  /** Tells one who says he has an exchange that this side has it not, or no longer. */
  refuse(inbox: string, exchange: Speaker): void
  watch(line: Beating): void
  /** Nothing is known of it from now on. */
  forget(line: Speaker): void
}

/** Whoever began the exchange on this side. */
export interface LineOwner {
  /** It has ended for this side; called before its peer hears so. */
  finished(): void
  /** Of openers: nobody has begun it, and it is to be offered again. */
  again?(): void
}

export interface LineStart {
  readonly exchangeId: string
  readonly isOpener: boolean
  readonly isPair: boolean
  /** Where the other side is; unknown to an opener until that speaks. */
  readonly other: string | undefined
  /** What the other side takes before it has handed it on. */
  readonly windowBytes: number
  /** The other side knows of no control frames. */
  readonly isForeign: boolean
  /** On the monotonic clock in ms; infinite when there is none. */
  readonly deadline: number
  /** When an acceptor says who it is if it has said nothing by then. */
  readonly noticeAt: number
}
