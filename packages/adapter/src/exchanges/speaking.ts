/** The speaking half of an exchange: parts under the window of the other side, control frames, the end. */

import {
  type Closed,
  type Exchange,
  isBusError,
  type MaybePromise,
  type Part,
  type Peer,
} from 'busbar/transport'
import { type Speaker, type Standing, writeClose, writeStanding } from './control-frames.js'
import { Incoming } from './incoming.js'
import type { Frame } from './lanes.js'
import type { LineHost, LineOwner, LineStart } from './line-host.js'
import { Outgoing } from './outgoing.js'
import { costOf, writePart } from './part-frames.js'
import { closedByError, leaving, linkClosed, refusal } from './reasons.js'

export abstract class Speaking implements Exchange, Speaker {
  readonly exchangeId: string
  readonly isOpener: boolean
  readonly inbox: string
  isOver = false
  /** When it is to be looked after, on the monotonic clock. */
  dueAt: number
  /** Where the other side is. */
  other: string | undefined
  /** An acceptor that has not begun takes no parts yet. */
  protected hasBegun: boolean
  protected readonly isPair: boolean
  protected readonly out: Outgoing
  protected readonly in = new Incoming()
  protected peer: Peer | undefined
  private ending: Closed | undefined
  /** The good end that follows what still waits for the window. */
  private leaving: Closed | undefined
  /** What is said until the other side has heard of the end. */
  private closing: Closed | undefined

  constructor(
    protected readonly host: LineHost,
    protected readonly start: LineStart,
    protected readonly owner: LineOwner,
  ) {
    this.exchangeId = start.exchangeId
    this.isOpener = start.isOpener
    this.isPair = start.isPair
    this.inbox = host.inbox
    this.other = start.other
    this.hasBegun = start.isOpener
    this.dueAt = Math.min(start.deadline, start.noticeAt)
    this.out = new Outgoing(start.windowBytes, start.isPair)
    this.out.saidEnd = start.isOpener && !start.isPair
  }

  /** Whether both sides have said all. */
  protected abstract checkDone(): void
  /** The other side is not there any more. */
  protected abstract lose(): void
  /** Sets when it is looked after next. */
  protected abstract look(now: number): void

  /** Gives this side its ear. */
  attach(peer: Peer): void {
    this.peer = peer
    if (this.ending !== undefined) peer.closed(this.ending)
  }

  send(part: Part): MaybePromise<void> {
    const { out } = this
    if (this.isOver || out.saidEnd || this.leaving !== undefined) return Promise.reject(refusal(this.ending))
    if (out.isWaiting || !this.maySpeak || !out.hasRoom) return out.wait(part)
    return this.say(part)
  }

  close(reason: Closed): void {
    if (this.isOver) return
    if (reason.code === 'DONE' && this.out.isWaiting) {
      this.leaving = reason
      return
    }
    const isLast = !this.isPair && (this.isOpener || this.maySpeak)
    this.closing = reason
    this.end(reason)
    this.sayClose()
    // Otherwise it stays until the end can be said, on a pair until the other side has heard it.
    if (isLast) this.host.forget(this)
    else this.look(this.host.now())
  }

  /** Ends it on this side only. */
  finish(reason: Closed): void {
    this.end(reason)
    this.host.forget(this)
  }

  /** The link is about to be closed: the other side is told, and nothing is waited for. */
  leave(): void {
    this.closing ??= leaving(this.isPair, this.isOpener)
    this.sayClose()
    this.finish(linkClosed)
  }

  /** Says how far this side has come; also who it is and that it lives. */
  tell(control: 'state' | 'resend'): void {
    this.in.untoldBytes = 0
    this.speak(writeStanding(this, control, this.standing))
  }

  protected get maySpeak(): boolean {
    return this.other !== undefined && !this.host.isCut
  }

  /** Says what waits, as far as the window allows. */
  protected pump(): void {
    const { out } = this
    if (!out.isWaiting) return
    while (!this.isOver && this.maySpeak && out.hasRoom) {
      const next = out.next()
      if (next === undefined) break
      const said = this.say(next.part)
      if (said === undefined) next.resolve()
      else said.then(next.resolve, next.reject)
    }
    if (out.isWaiting || this.isOver) return
    this.checkDone()
    if (this.leaving !== undefined) this.close(this.leaving)
  }

  protected sayClose(): void {
    if (this.closing !== undefined) this.speak(writeClose(this, this.closing, this.out.said, this.isPair))
  }

  /** A control frame that fails is one that is missing: what follows from that comes with time. */
  protected speak(frame: Frame): void {
    const { other } = this
    if (other === undefined || this.host.isCut) return
    try {
      const sent = this.host.send(other, frame)
      if (sent === 'nobody') this.lose()
      else
        sent?.then(
          (answer) => this.onAnswer(answer),
          () => undefined,
        )
    } catch {
      // See above.
    }
  }

  private get standing(): Standing {
    const { heard, taken } = this.in
    return { said: this.out.said, heard, taken, windowBytes: this.hasBegun ? this.host.windowBytes : 0 }
  }

  private onAnswer(answer: void | 'nobody'): void {
    if (answer === 'nobody') this.lose()
  }

  private say(part: Part): Promise<void> | undefined {
    const { out, other = '' } = this
    let sent: MaybePromise<void | 'nobody'>
    try {
      const frame = writePart(this, part, out.said + 1)
      sent = this.host.send(other, frame)
      if (this.isPair || part.end !== true) out.record(frame, costOf(frame.body.byteLength))
    } catch (error) {
      // An end that could not be said may be said again.
      if (part.end === true) out.saidEnd = false
      return Promise.reject(error)
    }
    if (part.end === true) {
      out.saidEnd = true
      this.checkDone()
    }
    if (sent === 'nobody') this.lose()
    else
      return sent?.then(
        (answer) => this.onAnswer(answer),
        (error: unknown) => this.unsent(error),
      )
  }

  private unsent(error: unknown): void {
    // What a cut has swallowed on a pair is sent again when the link is back.
    if (this.isPair && isBusError(error, 'DISCONNECTED')) return
    const reason = closedByError(error)
    // Whoever waits for the last answer must not wait for ever.
    if (this.isOver) this.speak(writeClose(this, reason, 0, false))
    else this.close(reason)
    throw error
  }

  private end(reason: Closed): void {
    if (this.isOver) return
    this.isOver = true
    this.ending = reason
    this.out.giveUp(() => refusal(reason))
    this.owner.finished()
    this.peer?.closed(reason)
  }
}
