/** All exchanges of one link, opened and offered: finds the one a frame is for, and ends them when the link does. */

import {
  type Accept,
  type AcceptRequest,
  type Closed,
  type Consumer,
  createIds,
  createSignalWatch,
  type Exchange,
  type Host,
  type MaybePromise,
  type OpenRequest,
  type Peer,
} from 'busbar/transport'
import { HeaderDialect } from '../dialect.js'
import { Acceptor, type AcceptorHost } from './acceptor.js'
import { type Speaker, writeRefusal } from './control-frames.js'
import { controlHeader, exchangeHeader, partHeader, replyHeader, sideHeader } from './control-headers.js'
import type { ExchangeOptions, Frame, Lanes } from './lanes.js'
import type { Line } from './line.js'
import type { Offered } from './offered.js'
import { Opened, type OpenedHost } from './opened.js'
import { createPulse } from './pulse.js'
import { gaveUp, linkClosed, notConnected, refusal } from './reasons.js'
import { RecentIds } from './recent-ids.js'

/** A link that closes waits so many times `noticeMs` to hear who has its requests, so that they can be told. */
const lastNotices = 10

export class LinkExchanges implements AcceptorHost, OpenedHost {
  readonly dialect: HeaderDialect
  readonly windowBytes: number
  readonly heartbeatMs: number
  readonly noticeMs: number
  readonly maxWaiting: number
  readonly offered = new Map<string, Line>()
  readonly dialed = new Map<string, Offered>()
  readonly recent = new RecentIds()
  readonly makeId: () => string
  isCut = false
  private readonly opened = new Map<string, Opened>()
  private readonly acceptors = new Set<Acceptor>()
  private readonly pulse
  private readonly idStart: string
  private lastId = 0
  private closing: Promise<void> | undefined
  private sending = 0
  /** Openings whose acceptor has not said yet who it is, of a link that closes. */
  private readonly unheard = new Set<string>()
  private onQuiet: (() => void) | undefined
  private readonly watchSignal = createSignalWatch((signal) => {
    for (const opened of [...this.opened.values()]) if (opened.signal === signal) opened.line.close(gaveUp)
  })

  constructor(
    private readonly host: Host,
    readonly lanes: Lanes,
    options: ExchangeOptions,
  ) {
    this.dialect = new HeaderDialect({ prefix: options.prefix ?? 'ce-' })
    this.windowBytes = options.windowBytes ?? 262_144
    this.heartbeatMs = options.heartbeatMs ?? 5_000
    this.noticeMs = options.noticeMs ?? 25
    this.maxWaiting = options.maxWaiting ?? 1_024
    this.makeId = createIds(host.clock, host.random)
    this.idStart = `${chance(host.random)}${chance(host.random)}-`
    this.pulse = createPulse(host.clock, () => this.lines())
  }

  get inbox(): string {
    return this.lanes.inbox
  }

  now(): number {
    return this.host.clock.monotonic()
  }

  wallNow(): number {
    return this.host.clock.now()
  }

  open(request: OpenRequest, peer: Peer, signal: AbortSignal): Exchange {
    const problem = this.problemOf(signal)
    if (problem !== undefined) return refused(peer, problem)
    this.lastId += 1
    const exchangeId = this.idStart + this.lastId.toString(36)
    const opened = new Opened(this, exchangeId, request, signal)
    this.opened.set(exchangeId, opened)
    this.watchSignal(signal)
    this.watch(opened.line)
    opened.line.attach(peer)
    opened.offer()
    return opened.line
  }

  async accept(request: AcceptRequest, accept: Accept, signal: AbortSignal): Promise<Consumer> {
    this.assertOpen(signal)
    const acceptor = new Acceptor(this, request, accept)
    const serving = await this.lanes.serve(request, acceptor.onOpening)
    acceptor.began(serving)
    if (this.closing !== undefined || signal.aborted) {
      await acceptor.close()
      this.assertOpen(signal)
    }
    this.acceptors.add(acceptor)
    return acceptor
  }

  onFrame(frame: Frame): void {
    const { [exchangeHeader]: exchangeId, [sideHeader]: side, [replyHeader]: from } = frame.headers
    if (exchangeId === undefined) return
    const isOpener = side === undefined
    const line = isOpener ? this.opened.get(exchangeId)?.line : this.offered.get(exchangeId)
    if (line !== undefined) line.onFrame(frame)
    else {
      if (from !== undefined && wantsAnswer(frame)) {
        this.refuse(from, { exchangeId, isOpener, inbox: this.inbox })
      }
      if (isOpener && this.unheard.delete(exchangeId)) this.settle()
    }
  }

  onCut(): void {
    this.isCut = true
    for (const line of this.lines()) line.cut()
  }

  onBack(): void {
    this.isCut = false
    for (const line of this.lines()) line.back()
  }

  onDown(reason: Closed): void {
    for (const line of this.lines()) line.finish(reason)
  }

  close(signal: AbortSignal): Promise<void> {
    this.closing ??= this.end(signal)
    return this.closing
  }

  send(inbox: string, frame: Frame): MaybePromise<void | 'nobody'> {
    const sent = this.lanes.send(inbox, frame)
    if (!(sent instanceof Promise)) return sent
    this.sending += 1
    const over = (): void => {
      this.sending -= 1
      this.settle()
    }
    sent.then(over, over)
    return sent
  }

  drop(inbox: string, frame: Frame): void {
    try {
      const sent = this.send(inbox, frame)
      if (sent instanceof Promise) sent.catch(() => undefined)
    } catch {
      // Whoever it was for finds out by the signs of life that are missing.
    }
  }

  refuse(inbox: string, exchange: Speaker): void {
    this.drop(inbox, writeRefusal(exchange, 'gone'))
  }

  watch(line: Line): void {
    this.pulse.watch(line)
  }

  keep(line: Line): void {
    this.offered.set(line.exchangeId, line)
    this.watch(line)
  }

  forget({ exchangeId, isOpener }: Speaker): void {
    if (isOpener) this.opened.delete(exchangeId)
    else this.offered.delete(exchangeId)
    if (this.opened.size === 0 && this.offered.size === 0) this.pulse.rest()
  }

  left(acceptor: Acceptor): void {
    this.acceptors.delete(acceptor)
  }

  private async end(signal: AbortSignal): Promise<void> {
    const served = Promise.allSettled([...this.acceptors].map((acceptor) => acceptor.close()))
    await Promise.race([served, aborted(signal)])
    for (const { line } of [...this.opened.values()]) {
      if (line.other === undefined) this.unheard.add(line.exchangeId)
      line.leave()
    }
    for (const line of [...this.offered.values()]) line.leave()
    await this.quiet()
    this.pulse.stop()
  }

  /** Resolves when everybody who should hear of the end was told, but soon in any case. */
  private async quiet(): Promise<void> {
    if (this.isQuiet || this.isCut) return
    await new Promise<void>((resolve) => {
      const patience = this.host.clock.after(this.noticeMs * lastNotices, resolve, { keepAlive: true })
      this.onQuiet = () => {
        patience.cancel()
        resolve()
      }
    })
  }

  private get isQuiet(): boolean {
    return this.unheard.size === 0 && this.sending === 0
  }

  private settle(): void {
    if (this.isQuiet) this.onQuiet?.()
  }

  private problemOf(signal: AbortSignal): Closed | undefined {
    if (this.closing !== undefined) return linkClosed
    if (signal.aborted) return gaveUp
    return this.isCut ? notConnected : undefined
  }

  private assertOpen(signal: AbortSignal): void {
    if (this.closing !== undefined) throw refusal(linkClosed)
    if (signal.aborted) throw refusal(gaveUp)
  }

  /** A copy: most of what is done with them takes some out. */
  private lines(): Line[] {
    return [...this.opened.values()].map(({ line }) => line).concat([...this.offered.values()])
  }
}

/** What a side says that does not know yet whether the other one still has the exchange. */
function wantsAnswer({ headers }: Frame): boolean {
  const control = headers[controlHeader]
  return control === undefined ? headers[partHeader] === '1' : control !== 'gone' && control !== 'again'
}

/** An exchange that never was; its peer hears why after the call that opened it. */
function refused(peer: Peer, reason: Closed): Exchange {
  queueMicrotask(() => peer.closed(reason))
  return { send: () => Promise.reject(refusal(reason)), close() {} }
}

const chance = (random: () => number): string => Math.floor(random() * 2 ** 40).toString(36)

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
