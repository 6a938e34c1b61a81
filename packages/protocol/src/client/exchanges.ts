/** All exchanges of a session, opened and offered, with their deadlines and signals. */

import {
  type Accept,
  type AcceptRequest,
  type BusErrorCode,
  type Clock,
  type Closed,
  createSignalWatch,
  type Exchange,
  type OpenRequest,
  type Peer,
  type Timer,
} from 'busbar/transport'
import { wireErrorOf } from '../error-frames.js'
import { readOffer, writeClose, writeOpen } from '../exchange-frames.js'
import type { FrameReader } from '../frame-reader.js'
import { openFlag, resumeFlag } from '../frames.js'
import { IdTable } from '../id-table.js'
import { type PairProgress, PartLog } from '../part-log.js'
import { protocolError } from '../protocol-error.js'
import { readResume, writeResume } from '../resume-frames.js'
import { Accepting, type AcceptingHost } from './accepting.js'
import type { ChannelEntry } from './channels.js'
import { Line, type LineHost, pairReset } from './exchange-line.js'
import type { Uplink } from './uplink.js'

/** The hub keeps deadlines exactly; this end looks only so often, in case the hub cannot answer. */
const sweepMs = 100
const largestId = 0xffff_ffff

export class Exchanges implements LineHost, AcceptingHost {
  private readonly lines = new IdTable<Line>()
  private readonly acceptors = new Map<number, Accepting>()
  private lastId = -1
  private isSweeping = false
  /** What the hub has listed so far of the pairs that go on; undefined when it was not asked. */
  private known: Map<number, PairProgress> | undefined
  private patience: Timer | undefined
  private readonly watch = createSignalWatch((signal) => this.abort(signal))

  constructor(
    readonly uplink: Uplink,
    private readonly clock: Clock,
  ) {}

  open(entry: ChannelEntry, request: OpenRequest, peer: Peer, signal: AbortSignal): Exchange {
    const isRequest = request.channel.kind === 'request'
    const { timeoutMs } = request
    const deadline = timeoutMs === undefined ? Number.POSITIVE_INFINITY : this.clock.monotonic() + timeoutMs
    const id = this.nextId()
    const log = this.logFor(entry)
    const line = new Line(id, this, {
      saidEnd: isRequest,
      heardEnd: false,
      signal,
      deadline,
      owner: undefined,
      log,
      reopen: log && (() => this.sayOpen(id, entry, { ...request, timeoutMs: this.left(request, deadline) })),
    })
    line.attach(peer)
    const problem = this.begin(line, entry, request)
    // Nobody hears anything in the stack of the call that opened it.
    if (problem !== undefined) queueMicrotask(() => line.finish(problem))
    return line
  }

  /** An exchange that never was; its peer hears CLOSED after the call that opened it. */
  refused(peer: Peer, message: string): Exchange {
    const start = {
      saidEnd: true,
      heardEnd: false,
      signal: undefined,
      owner: undefined,
      log: undefined,
      reopen: undefined,
    }
    const line = new Line(this.nextId(), this, { ...start, deadline: Number.POSITIVE_INFINITY })
    line.attach(peer)
    queueMicrotask(() => line.finish({ code: 'CLOSED', message }))
    return line
  }

  accept(id: number, entry: ChannelEntry, request: AcceptRequest, accept: Accept): Accepting {
    const acceptor = new Accepting(id, this, entry, request, accept)
    this.acceptors.set(id, acceptor)
    if (this.uplink.takesNew) void acceptor.setUp()
    return acceptor
  }

  onOffer(body: FrameReader, flags: number): void {
    const acceptor = this.acceptors.get(body.u32())
    const channel = acceptor?.entry.channel
    if (acceptor === undefined || channel === undefined) {
      // It left while the offer was on its way: the hub must not wait for an answer.
      this.refuse(body.u32())
      return
    }
    const { exchangeId, timeoutMs, message } = readOffer(body, flags, channel)
    const line = new Line(exchangeId, this, {
      saidEnd: false,
      heardEnd: (flags & openFlag.end) !== 0,
      signal: undefined,
      deadline: Number.POSITIVE_INFINITY,
      owner: acceptor,
      log: this.logFor(acceptor.entry),
      reopen: undefined,
    })
    this.lines.set(exchangeId, line)
    acceptor.began()
    line.attach(acceptor.accept({ message, timeoutMs, exchange: line }))
  }

  /** Frames for an exchange that is over may still be on their way; they mean nothing. */
  onPart(body: FrameReader, flags: number): void {
    this.lines.get(body.u32())?.onPart(body, flags)
  }

  onWindow(body: FrameReader): void {
    const line = this.lines.get(body.u32())
    const bytes = body.u32()
    body.finish()
    line?.onWindow(bytes)
  }

  onClose(body: FrameReader): void {
    this.lines.get(body.u32())?.onClose(body)
  }

  onEnded(id: number, code: BusErrorCode | undefined): void {
    this.acceptors.get(id)?.end(code)
  }

  forget(line: Line): void {
    this.lines.delete(line.id)
  }

  forgetAcceptor(acceptor: Accepting): void {
    this.acceptors.delete(acceptor.id)
  }

  allAcceptors(): Accepting[] {
    return [...this.acceptors.values()]
  }

  due(): Accepting[] {
    return this.allAcceptors().filter((acceptor) => !acceptor.isSettled)
  }

  /** What the hub says of the pairs that outlived a connection, after it was told the same. */
  onResume(body: FrameReader, flags: number): void {
    const { known } = this
    if (known === undefined) throw protocolError('Pairs were resumed that nobody asked for')
    for (const pair of readResume(body)) known.set(pair.exchangeId, pair)
    if ((flags & resumeFlag.last) === 0) return
    this.known = undefined
    this.patience?.cancel()
    for (const line of this.adrift()) {
      const progress = known.get(line.id)
      if (progress === undefined) line.missed()
      else line.resume(progress)
    }
  }

  /** The connection is gone: requests end with it; pairs wait for the next one, as long as the hub keeps them. */
  broke(mayResume: boolean): void {
    this.known = undefined
    this.patience?.cancel()
    for (const line of this.lines.all()) {
      if (!line.isKept) line.finish({ code: 'DISCONNECTED', message: 'The connection to the hub broke.' })
      else if (mayResume) line.isAdrift = true
      else line.finish(pairReset)
    }
    const { welcome } = this.uplink
    if (welcome === undefined || this.adrift().length === 0) return
    this.patience = this.clock.after(welcome.resumeMs, () => {
      // They stay until the hub knows: should it have kept them after all, the other side must hear of it.
      for (const line of this.adrift()) line.close(pairReset)
    })
  }

  /** The hub has forgotten the session: no pair goes on, and numbers begin anew. */
  reset(): void {
    this.patience?.cancel()
    for (const line of this.adrift()) line.finish(pairReset)
  }

  /** The connection is back and everything is set up again: both ends say how far their pairs came. */
  resume(): void {
    const { out, keepsPairs } = this.uplink
    if (out === undefined || !keepsPairs) return
    this.known = new Map()
    writeResume(
      out,
      this.adrift().flatMap(({ id, start }) => start.log?.progress(id) ?? []),
    )
    this.uplink.flush()
  }

  /** The session is over, and every exchange with it. */
  finishAll(reason: Closed): void {
    this.patience?.cancel()
    for (const line of this.lines.all()) line.finish(reason)
  }

  endAll(code: BusErrorCode): void {
    for (const acceptor of this.allAcceptors()) acceptor.end(code)
  }

  private begin(line: Line, entry: ChannelEntry, request: OpenRequest): Closed | undefined {
    const { uplink } = this
    const { signal, deadline } = line.start
    if (signal?.aborted) return { code: 'CANCELLED', message: 'The caller gave up before anything was sent.' }
    if (uplink.out === undefined || !uplink.takesNew) {
      return { code: 'DISCONNECTED', message: 'The hub is not connected; nothing was sent.' }
    }
    const problem = this.sayOpen(line.id, entry, request)
    if (problem !== undefined) return problem
    this.lines.set(line.id, line)
    if (signal !== undefined) this.watch(signal)
    if (deadline !== Number.POSITIVE_INFINITY) this.sweepLater()
    uplink.flush()
    return undefined
  }

  /** Gives why it cannot be said. */
  private sayOpen(id: number, entry: ChannelEntry, request: OpenRequest): Closed | undefined {
    const { out } = this.uplink
    if (entry.failure !== undefined) return closedBy(entry.failure)
    try {
      if (out !== undefined) writeOpen(out, id, entry.id, request)
    } catch (error) {
      return closedBy(error)
    }
    return undefined
  }

  private left({ timeoutMs }: OpenRequest, deadline: number): number | undefined {
    return timeoutMs === undefined ? undefined : deadline - this.clock.monotonic()
  }

  private adrift(): Line[] {
    return this.lines.all().filter((line) => line.isAdrift)
  }

  private logFor({ channel }: ChannelEntry): PartLog | undefined {
    const { welcome, keepsPairs } = this.uplink
    return channel.kind === 'pair' && keepsPairs ? new PartLog(welcome?.exchangeWindowBytes ?? 0) : undefined
  }

  private refuse(exchangeId: number): void {
    const { out } = this.uplink
    if (out === undefined) return
    writeClose(out, exchangeId, { code: 'PEER_GONE', message: 'The accepting side has left.' })
    this.uplink.flush()
  }

  private sweepLater(): void {
    if (this.isSweeping) return
    this.isSweeping = true
    this.clock.after(sweepMs, () => {
      this.isSweeping = false
      const late = this.clock.monotonic() - sweepMs
      let isNeeded = false
      for (const line of this.lines.all()) {
        const { deadline } = line.start
        if (deadline <= late)
          line.close({ code: 'TIMEOUT', message: 'The deadline passed before an answer came.' })
        else if (deadline !== Number.POSITIVE_INFINITY) isNeeded = true
      }
      if (isNeeded) this.sweepLater()
    })
  }

  private abort(signal: AbortSignal): void {
    for (const line of this.lines.all()) {
      if (line.start.signal === signal) line.close({ code: 'CANCELLED', message: 'The caller gave up.' })
    }
  }

  /** Odd numbers; after billions of exchanges those still in use are stepped over. */
  private nextId(): number {
    do this.lastId = this.lastId + 2 > largestId ? 1 : this.lastId + 2
    while (this.lines.has(this.lastId))
    return this.lastId
  }
}

function closedBy(error: unknown): Closed {
  const { code, message } = wireErrorOf(error)
  return { code, message }
}
