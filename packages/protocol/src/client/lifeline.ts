/** Keeps a session connected: the first connection, the return after a break, the end. */

import { BusError, errorTable, type Host, isBusError } from 'busbar/transport'
import { writeGoaway } from '../error-frames.js'
import {
  type Hello,
  protocolLimits,
  type Ready,
  readsAcquired,
  resumePairs,
  type Welcome,
} from '../frames.js'
import { backoffMs, isFinal, isFinalAtFirst } from './backoff.js'
import { routeFrame } from './frame-routes.js'
import { type Admitted, connectOnce } from './handshake.js'
import { limitsOf, type SessionOptions } from './options.js'
import type { Parts } from './parts.js'

/** A connection that lasted so long was a good one: the next break starts with short waits again. */
const steadyMs = 5_000

/** What the session sees of its connections. */
export interface Lifeline {
  readonly welcome: Welcome
  readonly ready: Ready
  /** It will not come back. */
  readonly isLost: boolean
  /** Ends the connection or the tries to get one. Idempotent. */
  close(): void
}

/** Resolves with the first connection; rejects as `createSession` says. */
export async function keepConnected(host: Host, options: SessionOptions, parts: Parts): Promise<Lifeline> {
  const life = new Life(host, options, parts)
  const { welcome, ready } = await life.connectFirst()
  return {
    welcome,
    ready,
    get isLost() {
      return life.isOver
    },
    close: () => life.close(),
  }
}

class Life {
  isOver = false
  private readonly stopping = new AbortController()
  private session: Ready['session'] | undefined
  /** What was sent before belongs to a session that the hub has forgotten. */
  private isAnew = false
  private failures = 0
  private upAt = 0

  constructor(
    private readonly host: Host,
    private readonly options: SessionOptions,
    private readonly parts: Parts,
  ) {}

  async connectFirst(): Promise<Admitted> {
    const { clock, random } = this.host
    const { connectTimeoutMs } = limitsOf(this.options)
    const until = clock.monotonic() + connectTimeoutMs
    for (let failures = 0; ; failures++) {
      try {
        const admitted = await this.connect(Math.max(1, until - clock.monotonic()))
        this.parts.uplink.isUp = true
        return admitted
      } catch (error) {
        const waitMs = backoffMs(failures, random)
        if (!isBusError(error) || isFinalAtFirst(error.code)) throw error
        if (clock.monotonic() + waitMs >= until) throw unreachable(this.options.url, connectTimeoutMs, error)
        await this.pause(waitMs)
      }
    }
  }

  close(): void {
    if (this.isOver) return
    this.isOver = true
    this.stopping.abort()
    const { connection } = this.parts.uplink
    // Without it the hub would take this end for a break and keep the pairs for a while.
    if (connection !== undefined) writeGoaway(connection.out, '')
    connection?.close()
    this.release(new BusError('CLOSED', `The ${this.options.name} transport was closed.`))
  }

  /** One try, up to READY. */
  private async connect(withinMs: number): Promise<Admitted> {
    const { host, options, parts } = this
    const { uplink, consumers } = parts
    let ended: BusError | undefined
    let admitted: Admitted | undefined
    admitted = await connectOnce(
      host.clock,
      options,
      this.hello(),
      {
        onFrame: (type, flags, body) => routeFrame(parts, type, flags, body),
        onFlush: () => {
          if (uplink.out !== undefined) consumers.onFlush(uplink.out)
        },
        onEnd: (reason) => {
          ended = reason
          if (admitted !== undefined && uplink.connection === admitted.connection) this.broke(reason)
        },
      },
      { withinMs: Math.min(withinMs, protocolLimits.handshakeMs), signal: this.stopping.signal },
    )
    if (ended !== undefined) throw ended
    if (this.isOver) {
      admitted.connection.close()
      throw new BusError('CLOSED', `The ${options.name} transport was closed.`)
    }
    uplink.connection = admitted.connection
    uplink.welcome = admitted.welcome
    this.session = admitted.ready.session
    if (!admitted.ready.resumed) parts.exchanges.reset()
    this.upAt = host.clock.monotonic()
    return admitted
  }

  private broke(reason: BusError): void {
    const { host, parts } = this
    const { isDraining } = parts.uplink
    parts.uplink.drop()
    parts.consumers.drop()
    // A hub that said it would go does not come back with what it had.
    parts.exchanges.broke(!isDraining)
    if (this.isOver) return
    if (isFinal(reason.code)) {
      this.lose(reason)
      return
    }
    if (host.clock.monotonic() - this.upAt >= steadyMs) this.failures = 0
    host.onState('reconnecting', reason.message)
    void this.reconnect()
  }

  private async reconnect(): Promise<void> {
    const { host, parts } = this
    while (!this.isOver) {
      await this.pause(backoffMs(this.failures, host.random))
      this.failures += 1
      if (this.isOver) return
      try {
        const { ready } = await this.connect(protocolLimits.handshakeMs)
        // Kept until it was acted upon: the next connection may resume the session that is new now.
        this.isAnew ||= !ready.resumed
        if (await this.settleIn(parts.uplink.generation)) host.onState('connected')
        // Otherwise the connection broke again, and that has started another round.
        return
      } catch (error) {
        const reason = isBusError(error)
          ? error
          : new BusError('INTERNAL', 'Reconnecting failed.', { cause: error })
        if (isFinal(reason.code)) return this.lose(reason)
      }
    }
  }

  /** Declares, sets up and sends everything again; false when the connection ended meanwhile. */
  private async settleIn(generation: number): Promise<boolean> {
    const { uplink, channels, consumers, exchanges, outbox } = this.parts
    for (;;) {
      if (uplink.generation !== generation || uplink.connection === undefined) return false
      const undeclared = channels.due()
      const due = undeclared.length > 0 ? [] : [...consumers.due(), ...exchanges.due()]
      if (undeclared.length + due.length === 0) {
        // In this very turn: what is added from now on sets itself up, what is published comes after what was before.
        uplink.isUp = true
        exchanges.resume()
        outbox.resume(!this.isAnew)
        this.isAnew = false
        return true
      }
      await Promise.all([
        ...undeclared.map((entry) => channels.setUp(entry)),
        ...due.map((each) => each.setUp()),
      ])
    }
  }

  private lose(reason: BusError): void {
    if (this.isOver) return
    this.isOver = true
    this.stopping.abort()
    this.release(reason)
    this.host.onState('lost', reason.message)
  }

  private release(reason: BusError): void {
    const { uplink, channels, consumers, exchanges, outbox } = this.parts
    uplink.drop()
    exchanges.finishAll({ code: reason.code, message: reason.message })
    outbox.failAll(reason)
    channels.failAll(reason)
    consumers.endAll(reason.code)
    exchanges.endAll(reason.code)
  }

  private hello(): Hello {
    const { service, instance } = this.host
    return { features: [resumePairs, readsAcquired], service, instance, session: this.session }
  }

  /** Ends early when the session does. */
  private pause(ms: number): Promise<void> {
    const { signal } = this.stopping
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = this.host.clock.after(ms, done, { keepAlive: true })
      signal.addEventListener('abort', done)
    })
  }
}

function unreachable(url: string, withinMs: number, cause: BusError): BusError {
  if (cause.code === 'SERVER_FULL') return cause
  const { fix } = errorTable[cause.code]
  const reason = cause.message.replace(`${cause.code}: `, '').replace(` ${fix}`, '')
  return new BusError(
    'UNREACHABLE',
    `No connection to ${url} within ${withinMs} ms; the last attempt: ${reason}`,
    {
      cause,
    },
  )
}
