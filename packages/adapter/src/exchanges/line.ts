/** One exchange as this end sees it: what it hears, its signs of life, cuts of the link. */

import { BusError, type Closed, isBusError } from 'busbar/transport'
import { readClose, readStanding, type Standing, writeRefusal } from './control-frames.js'
import { controlHeader, replyHeader } from './control-headers.js'
import type { Frame } from './lanes.js'
import type { LineHost, LineOwner, LineStart } from './line-host.js'
import { costOf, readPart } from './part-frames.js'
import type { Beating } from './pulse.js'
import { closedByError, cutOff, overrun, partLost, peerLost, timedOut } from './reasons.js'
import { Speaking } from './speaking.js'

/** Signs of life that may be missing in a row. */
const patience = 3

export class Line extends Speaking implements Beating {
  private heardEnd: boolean
  /** The good end that follows parts which were lost and will come again. */
  private awaited: { readonly reason: Closed; readonly said: number } | undefined
  private missed = 0
  private hasNoticed: boolean
  /** The number after which parts were asked for again. */
  private askedAfter = -1

  constructor(host: LineHost, start: LineStart, owner: LineOwner) {
    super(host, start, owner)
    this.heardEnd = !start.isOpener && !start.isPair
    this.hasNoticed = start.isOpener
  }

  /** The acceptor hands it over now; the opener of a pair learns at once where it may speak. */
  begin(): void {
    this.hasBegun = true
    if (!this.isPair) return
    this.hasNoticed = true
    this.tell('state')
    this.look(this.host.now())
  }

  onFrame(frame: Frame): void {
    const from = frame.headers[replyHeader]
    if (from !== undefined && !this.isWith(from)) {
      // The broker handed the opening out twice; the other one has the exchange.
      this.host.refuse(from, this)
      return
    }
    this.missed = 0
    try {
      this.hear(frame)
    } catch (error) {
      if (!isBusError(error, 'PROTOCOL_ERROR')) throw error
      this.close(closedByError(error))
    }
  }

  tick(now: number): void {
    if (!this.isOver && this.start.deadline <= now) {
      this.close(timedOut)
      return
    }
    const isMissing = this.hasNoticed && !this.host.isCut && (this.isOver || this.other !== undefined)
    if (isMissing) this.missed += 1
    if (this.missed >= patience) {
      this.lose()
      return
    }
    this.hasNoticed = true
    this.askedAfter = -1
    if (this.isOver) this.sayClose()
    else if (!this.start.isForeign) this.tell('state')
    this.look(now)
  }

  /** The link is cut: an opened request ends, everything else waits. */
  cut(): void {
    if (this.isOpener && !this.isPair) this.finish(cutOff)
  }

  /** The link is back: both sides say how far they came, and what was lost is said again. */
  back(): void {
    this.missed = 0
    this.askedAfter = -1
    this.look(this.host.now())
    if (this.isOver) {
      this.sayClose()
      if (!this.isPair) this.host.forget(this)
    } else if (this.other === undefined) this.owner.again?.()
    else {
      if (!this.start.isForeign) this.tell(this.isPair ? 'resend' : 'state')
      this.pump()
    }
  }

  protected checkDone(): void {
    if (!this.out.saidEnd || !this.heardEnd || this.out.isWaiting || this.isOver) return
    // Each side of a pair keeps what it has said until the other one has it.
    if (this.isPair) this.close({ code: 'DONE' })
    else this.finish({ code: 'DONE' })
  }

  protected lose(): void {
    this.finish(peerLost(this.isPair, this.isOpener))
  }

  protected look(now: number): void {
    const { isForeign, deadline } = this.start
    const isQuiet = isForeign || (!this.isOver && this.other === undefined)
    const beatAt = isQuiet ? Number.POSITIVE_INFINITY : now + this.host.heartbeatMs
    this.dueAt = this.isOver ? beatAt : Math.min(beatAt, deadline)
    this.host.watch(this)
  }

  private isWith(from: string): boolean {
    if (this.other === undefined) {
      this.other = from
      this.look(this.host.now())
    }
    return this.other === from
  }

  private hear(frame: Frame): void {
    const control = frame.headers[controlHeader]
    if (control === undefined) this.onPart(frame)
    else if (control === 'state') this.onStanding(readStanding(frame))
    else if (control === 'resend') this.onResend(readStanding(frame))
    else if (control === 'close') this.onClose(frame)
    else if (control === 'gone') this.lose()
    else if (control === 'again') this.onHandedBack()
    else throw new BusError('PROTOCOL_ERROR', 'A frame is for nothing that is known here.')
  }

  private onHandedBack(): void {
    this.other = undefined
    this.owner.again?.()
  }

  private onPart(frame: Frame): void {
    if (this.isOver || this.heardEnd) return
    const { part, number } = readPart(frame)
    const verdict = this.in.judge(number)
    if (verdict === 'gap') this.miss()
    if (verdict !== 'next') return
    if (this.in.pendingBytes >= this.host.windowBytes) {
      this.close(overrun)
      return
    }
    const bytes = costOf(frame.body.byteLength)
    this.in.hear(bytes)
    const taken = this.peer?.part(part)
    if (taken instanceof Promise) {
      const free = (): void => this.take(number, bytes)
      taken.then(free, free)
    } else this.take(number, bytes)
    if (part.end === true) {
      this.heardEnd = true
      this.checkDone()
    }
    if (this.awaited !== undefined && this.awaited.said <= this.in.heard) this.closedBy(this.awaited.reason)
  }

  private take(number: number, bytes: number): void {
    this.in.take(number, bytes)
    if (this.isOver || this.heardEnd || this.in.untoldBytes * 2 < this.host.windowBytes) return
    this.tell('state')
  }

  private onStanding({ said, taken, windowBytes }: Standing): void {
    this.out.onTaken(taken, windowBytes)
    if (this.isOver) this.sayClose()
    else {
      if (said > this.in.heard) this.miss()
      this.pump()
    }
  }

  private onResend(standing: Standing): void {
    for (const frame of this.out.missing(standing.heard)) this.speak(frame)
    this.onStanding(standing)
  }

  /** Something that was said has not arrived. */
  private miss(): void {
    if (!this.isPair) {
      this.close(partLost)
      return
    }
    if (this.askedAfter === this.in.heard) return
    this.askedAfter = this.in.heard
    this.tell('resend')
  }

  private onClose(frame: Frame): void {
    const { reason, said } = readClose(frame)
    if (this.isOver || reason.code !== 'DONE' || said <= this.in.heard) this.closedBy(reason)
    else if (!this.isPair) this.finish(partLost)
    else {
      this.awaited = { reason, said }
      this.miss()
    }
  }

  private closedBy(reason: Closed): void {
    if (this.isPair) this.speak(writeRefusal(this, 'gone'))
    this.finish(reason)
  }
}
