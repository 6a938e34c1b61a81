/** One acceptor of a link: openings as they come, as many at a time as it asked for, the others in line. */

import {
  type Accept,
  type AcceptRequest,
  type BusErrorCode,
  type Closed,
  type Consumer,
  isBusError,
  type MaybePromise,
} from 'busbar/transport'
import type { HeaderDialect } from '../dialect.js'
import { type Speaker, writeClose, writeRefusal } from './control-frames.js'
import { exchangeHeader, replyHeader } from './control-headers.js'
import type { Frame, Serving } from './lanes.js'
import type { Line } from './line.js'
import type { LineHost } from './line-host.js'
import { Offered } from './offered.js'
import { type Opening, readOpening } from './opening-frames.js'
import { closedByError, nobodyServes, pairTaken, tooMany } from './reasons.js'
import type { RecentIds } from './recent-ids.js'

export interface AcceptorHost extends LineHost {
  readonly dialect: HeaderDialect
  readonly noticeMs: number
  readonly maxWaiting: number
  /** Exchanges that were offered to this link and are not over. */
  readonly offered: ReadonlyMap<string, Line>
  /** Of pairs: by address. */
  readonly dialed: Map<string, Offered>
  readonly recent: RecentIds
  readonly makeId: () => string
  /** Wall time in ms. */
  wallNow(): number
  keep(line: Line): void
  /** Sends a frame of which nobody needs to know whether it came. */
  drop(inbox: string, frame: Frame): void
  left(acceptor: Acceptor): void
}

export class Acceptor implements Consumer {
  readonly ended: Promise<BusErrorCode | undefined>
  private readonly waiting: Offered[] = []
  private running = 0
  private serving: Serving | undefined
  private closing: Promise<void> | undefined
  private isServing = false
  private tellEnd: (code: BusErrorCode | undefined) => void = () => undefined
  private onQuiet: (() => void) | undefined

  constructor(
    readonly host: AcceptorHost,
    readonly request: AcceptRequest,
    readonly accept: Accept,
  ) {
    this.ended = new Promise((resolve) => {
      this.tellEnd = resolve
    })
  }

  /** It is in effect. */
  began(serving: Serving): void {
    this.serving = serving
    void serving.ended?.then((code) => {
      this.tellEnd(code)
      void this.close()
    })
  }

  readonly onOpening = (frame: Frame, address?: string): MaybePromise<void> => {
    const { host } = this
    const { channel } = this.request
    try {
      const opening = readOpening(frame, {
        channel,
        address,
        dialect: host.dialect,
        makeId: host.makeId,
        now: host.wallNow(),
      })
      if (opening !== undefined) return this.take(opening)
    } catch (error) {
      if (!isBusError(error, 'PROTOCOL_ERROR')) throw error
      const { [replyHeader]: reply, [exchangeHeader]: exchangeId } = frame.headers
      if (reply !== undefined && exchangeId !== undefined)
        this.refuse(exchangeId, reply, closedByError(error))
    }
  }

  close(): Promise<void> {
    this.closing ??= this.stop()
    return this.closing
  }

  /** A place has become free. */
  over(offered: Offered): void {
    if (offered.hasBegun) this.running -= 1
    else {
      const at = this.waiting.indexOf(offered)
      if (at >= 0) this.waiting.splice(at, 1)
    }
    this.serveWaiting()
    if (this.running === 0) this.onQuiet?.()
  }

  private take(opening: Opening): MaybePromise<void> {
    const { host, closing } = this
    const { exchangeId, reply, windowBytes } = opening
    const known = host.offered.get(exchangeId)
    if (known !== undefined || host.recent.has(exchangeId)) return this.redelivered(opening, known)
    if (closing !== undefined) return this.handBack(exchangeId, reply, windowBytes === undefined)
    const problem = this.problemOf(opening)
    if (problem !== undefined) return this.refuse(exchangeId, reply, problem)
    const offered = new Offered(this, opening)
    host.keep(offered.line)
    if (this.isPair) host.dialed.set(opening.message.address, offered)
    if (this.running < this.request.concurrency && this.waiting.length === 0) return this.begin(offered)
    return new Promise((resolve) => {
      offered.onTaken = resolve
      this.waiting.push(offered)
    })
  }

  private get isPair(): boolean {
    return this.request.channel.kind === 'pair'
  }

  private problemOf({ message, windowBytes }: Opening): Closed | undefined {
    if (this.isPair && this.host.dialed.has(message.address)) return pairTaken
    if (this.isPair && windowBytes === undefined) {
      return { code: 'UNSUPPORTED', message: 'A pair needs control frames of both sides.' }
    }
    const isFull = this.running >= this.request.concurrency && this.waiting.length >= this.host.maxWaiting
    return isFull ? tooMany : undefined
  }

  private begin(offered: Offered): void {
    this.running += 1
    this.host.recent.add(offered.line.exchangeId)
    offered.begin()
  }

  /** Not in the stack of one that just ended: a row of handlers that answer at once would never end. */
  private serveWaiting(): void {
    if (this.isServing || this.waiting.length === 0) return
    this.isServing = true
    queueMicrotask(() => {
      this.isServing = false
      while (this.running < this.request.concurrency) {
        const next = this.waiting.shift()
        if (next === undefined) break
        this.begin(next)
      }
    })
  }

  private async stop(): Promise<void> {
    await this.serving?.stop()
    for (const offered of this.waiting.splice(0)) {
      const { line } = offered
      const { exchangeId, other } = line
      offered.leave()
      if (other !== undefined) this.handBack(exchangeId, other, offered.isForeign)
    }
    if (this.running > 0) {
      await new Promise<void>((resolve) => {
        this.onQuiet = resolve
      })
    }
    this.tellEnd(undefined)
    this.host.left(this)
  }

  /** The broker hands out what has been here before: its opener may have missed who has it, or that it is over. */
  private redelivered({ exchangeId, reply, windowBytes }: Opening, known: Line | undefined): void {
    if (windowBytes === undefined) return
    if (known !== undefined) known.tell('state')
    else this.host.refuse(reply, this.speaker(exchangeId))
  }

  /** Somebody else may serve what was not begun here. */
  private handBack(exchangeId: string, reply: string, isForeign: boolean): void {
    if (isForeign) this.refuse(exchangeId, reply, nobodyServes)
    else this.host.drop(reply, writeRefusal(this.speaker(exchangeId), 'again'))
  }

  private refuse(exchangeId: string, reply: string, reason: Closed): void {
    this.host.drop(reply, writeClose(this.speaker(exchangeId), reason, 0, false))
  }

  private speaker(exchangeId: string): Speaker {
    return { exchangeId, isOpener: false, inbox: this.host.inbox }
  }
}
