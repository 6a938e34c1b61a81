/** One connection from its first byte to its end: in line, shaking hands, ready, gone. */

import {
  envelopeBytes,
  type FrameParser,
  frameType,
  ignorable,
  protocolError,
  protocolLimits,
  readBeat,
  wireErrorOf,
  writeBeat,
  writeError,
  writeGoaway,
} from '@busbar/protocol'
import { BusError, isBusError } from 'busbar/transport'
import type { Core } from '../core.js'
import type { Visitor } from '../gate.js'
import type { Link, LinkServer } from '../link.js'
import { createHandshake, type Entered } from './handshake.js'
import { Inbox, type InboxOwner } from './inbox.js'
import { Outbox, type OutboxOwner } from './outbox.js'
import { createReadyRoom, type ReadyRoom } from './ready-room.js'

/** Silence of so many heartbeats is death. */
const missedHeartbeats = 2
/** How long a socket may take to close after its last words, in ms. */
const lingerMs = 500

export class Session implements LinkServer, InboxOwner, OutboxOwner, Visitor {
  readonly outbox: Outbox
  private readonly inbox: Inbox
  private readonly maxFrameBytes: number
  private handshake: ((frames: FrameParser) => void) | undefined
  private room: ReadyRoom | undefined
  private entered: Entered | undefined
  /** What came before its turn did. */
  private early: Uint8Array[] = []
  private closeDone: () => void = () => {}
  private readonly closed = new Promise<void>((resolve) => {
    this.closeDone = resolve
  })
  private since: number | undefined
  private heard = false
  private heardAt = 0
  /** The hub stops. */
  private isOurEnd = false
  /** The client has not said that it leaves. */
  private mayReturn = true
  over = false

  constructor(
    private readonly core: Core,
    private readonly link: Link,
    /** Counts up per hub, for logs. */
    readonly number: number,
    private readonly ended: (session: Session) => void,
    private readonly settled: () => void,
  ) {
    const { limits, clock } = core
    this.maxFrameBytes = Math.min(protocolLimits.hardFrameBytes, limits.maxMessageBytes + envelopeBytes)
    this.outbox = new Outbox(link, this, core.flush, clock, limits)
    this.inbox = new Inbox(this, core.inbound, clock, protocolLimits.preAuthFrameBytes)
    if (!core.gate.arrive(this)) {
      this.fail(new BusError('SERVER_FULL', `The hub has its ${limits.maxConnections} connections.`))
    } else if (this.since === undefined) link.pause()
  }

  // The gate

  enter(): void {
    const { core, outbox, link, maxFrameBytes } = this
    this.since = this.heardAt = core.clock.monotonic()
    this.handshake = createHandshake({
      core,
      remote: link.remote,
      outbox,
      maxFrameBytes,
      alive: () => !this.over,
      entered: (entered) => this.ready(entered),
      failed: (error) => this.fail(error),
    })
    link.resume()
    for (const chunk of this.early.splice(0)) this.data(chunk)
  }

  evict(): void {
    this.end('handshake-evicted')
  }

  // The link

  data(bytes: Uint8Array): void {
    if (this.over) return
    this.heard = true
    if (this.since === undefined) this.early.push(bytes)
    else this.inbox.data(bytes)
  }

  gone(): void {
    this.end('connection-gone')
    this.closeDone()
  }

  broken(what: string): void {
    this.core.log('warn', 'websocket-error', { connection: this.number, what })
  }

  // The inbox

  frame(frames: FrameParser): void {
    const { type, flags, body } = frames
    if (this.room === undefined) {
      this.handshake?.(frames)
      return
    }
    if (type === frameType.ping) {
      writeBeat(this.outbox.frames, frameType.pong, readBeat(body))
      this.outbox.written()
    } else if (type === frameType.pong) readBeat(body)
    else if (type === frameType.goaway) {
      this.mayReturn = false
      this.end('connection-left', 'politely')
    } else if (type === frameType.error) this.end('connection-left')
    else {
      const handle = this.room.handlers[type]
      if (handle !== undefined) handle(body, flags)
      else if ((flags & ignorable) === 0) throw protocolError(`Frames of type ${type} mean nothing here`)
    }
  }

  failed(error: unknown): void {
    this.fail(error)
  }

  pause(): void {
    this.link.pause()
  }

  resume(): void {
    this.link.resume()
  }

  // The outbox

  leaving(): void {
    this.room?.flush()
  }

  drained(): void {
    for (const subscription of [...(this.room?.connection.subscriptions.values() ?? [])])
      subscription.drained()
  }

  overflowed(): void {
    const { maxOutboundBytes } = this.core.limits
    // Its socket still took bytes lately: it can be told, after what waits already.
    this.slow(`${maxOutboundBytes} bytes wait for it`, 'politely')
  }

  // The hub

  /** Looks after what no event would tell. Called every so often. */
  pulse(now: number): void {
    const { limits } = this.core
    if (this.heard) {
      this.heard = false
      this.heardAt = now
    }
    if (this.since === undefined || this.over) return
    if (this.room === undefined) {
      if (now - this.since > limits.handshakeTimeoutMs) this.end('handshake-timeout')
    } else if (this.outbox.stalledMs(now) > limits.writeTimeoutMs) this.slow('it takes nothing', 'now')
    else if (this.inbox.stalledMs(now) > limits.frameTimeoutMs) {
      this.fail(protocolError(`A frame did not arrive within ${limits.frameTimeoutMs} ms`))
    } else if (now - this.heardAt > missedHeartbeats * limits.heartbeatMs) this.end('heartbeat-missed')
    else if (now - this.outbox.sentAt > limits.heartbeatMs / 2) {
      writeBeat(this.outbox.frames, frameType.ping, 0)
      this.outbox.written()
    }
  }

  /** Claims, exchanges and publishes that are not finished. */
  get open(): number {
    return this.room?.open ?? 0
  }

  get exchanges(): number {
    return this.room?.connection.exchanges.ends.size ?? 0
  }

  get subscriptions(): number {
    return this.room?.connection.subscriptions.size ?? 0
  }

  /** Nothing new begins; what runs may finish. */
  drain(reason: string): void {
    if (this.room === undefined) {
      this.end('hub-closing')
      return
    }
    this.room.drain()
    writeGoaway(this.outbox.frames, reason)
    this.outbox.written()
  }

  /** Sends what is left and closes; resolves when the socket is gone. What the client held is not its failure. */
  hangUp(): Promise<void> {
    this.isOurEnd = true
    this.end(undefined, 'politely')
    return this.closed
  }

  /** Ends it without another word: nothing that waits to be said may be believed any more. */
  cut(): void {
    this.end(undefined)
  }

  private ready(entered: Entered): void {
    if (this.over) return
    this.entered = entered
    const { core } = this
    core.sessions.hold(entered.kept, () => this.end('session-resumed-elsewhere'))
    this.inbox.frames.maxFrameBytes = this.maxFrameBytes
    this.handshake = undefined
    this.room = createReadyRoom(core, this.number, this.outbox, entered, this.settled)
    core.gate.authenticated(this)
    core.log('info', 'connection-ready', {
      connection: this.number,
      wire: this.link.wire,
      principal: entered.principal,
      service: entered.hello.service.slice(0, 64),
      resumed: entered.resumed,
    })
  }

  /** Tells the peer why, if it still listens, and closes. */
  private fail(error: unknown): void {
    if (this.over) return
    const wire = wireErrorOf(error)
    writeError(this.outbox.frames, wire)
    this.end(isBusError(error) ? 'connection-refused' : 'internal-error', 'politely', wire.code)
  }

  private slow(why: string, how: 'politely' | 'now'): void {
    if (this.over) return
    const waitingBytes = this.outbox.pendingBytes
    this.core.log('warn', 'slow-consumer', { connection: this.number, why, waitingBytes })
    const message = `The connection was ended: ${why}.`
    writeError(this.outbox.frames, { code: 'SLOW_CONSUMER', message, details: {} })
    this.end(undefined, how)
  }

  /** Gives back everything this connection holds. Idempotent. */
  private end(event: string | undefined, how: 'politely' | 'now' = 'now', code?: string): void {
    if (this.over) return
    this.over = true
    const { core, link, number } = this
    if (event !== undefined) {
      const level = event === 'connection-gone' || event === 'connection-left' ? 'info' : 'warn'
      core.log(level, event, { connection: number, wire: link.wire, remote: link.remote, code })
    }
    this.early = []
    this.inbox.close()
    this.room?.abandon({ mayReturn: this.mayReturn, failed: !this.isOurEnd })
    if (how === 'politely') {
      this.outbox.sendAll()
      link.resume()
      link.end()
      // A peer that does not read its last words is not waited for.
      core.clock.after(lingerMs, () => link.destroy())
    } else link.destroy()
    this.outbox.close()
    if (this.entered !== undefined) {
      if (this.mayReturn) core.sessions.release(this.entered.kept)
      else core.sessions.forget(this.entered.kept)
    }
    core.gate.left(this)
    this.ended(this)
  }
}
