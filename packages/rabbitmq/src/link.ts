/** The two connections of a transport: a broker that blocks publishers must not block what consumers settle. */

import { BusError, type Host, type LinkState } from 'busbar/transport'
import { Connection } from 'rabbitmq-client'
import { codeOf, textOf } from './errors.js'
import type { Settings } from './options.js'
import { cutStrangers } from './strangers.js'
import { roomyFor } from './turn.js'
import { Wire } from './wire.js'

export interface Link {
  /** Consumes and provisions. */
  readonly inward: Wire
  /** Publishes. */
  readonly outward: Wire
  /** To be run after a break before anything is consumed or published. */
  onRestore(restore: () => Promise<void>): void
  onCut(told: () => void): void
  onBack(told: () => void): void
  close(): Promise<void>
  destroy(): void
}

const retryLowMs = 100
const retryHighMs = 5_000
/** What servers offer by default; the client asks for less. */
const frameBytes = 131_072

/** Rejects with UNREACHABLE, AUTH_FAILED or PERMISSION_DENIED. */
export async function openLink(host: Host, settings: Settings): Promise<Link> {
  const name = `${host.service} ${host.instance}`
  const connect = (connectionName: string): Connection => {
    const connection = new Connection({
      url: settings.url,
      connectionName,
      connectionTimeout: settings.connectTimeoutMs,
      acquireTimeout: settings.connectTimeoutMs,
      heartbeat: settings.heartbeatSeconds,
      frameMax: frameBytes,
      noDelay: true,
      socket: roomyFor(settings.url),
      retryLow: retryLowMs,
      retryHigh: retryHighMs,
    })
    cutStrangers(connection, frameBytes)
    return connection
  }
  const outgoing = connect(`${name} publishes`)
  const link = new RabbitLink(host, settings, connect(`${name} consumes`), outgoing)
  outgoing.on('connection.blocked', (reason) => link.onBlocked(reason))
  outgoing.on('connection.unblocked', () => link.onBlocked(undefined))
  await link.start()
  return link
}

class RabbitLink implements Link {
  readonly inward: Wire
  readonly outward: Wire
  private state: LinkState = 'reconnecting'
  private blocked: string | undefined
  private round = 0
  private restores: (() => Promise<void>)[] = []
  private cuts: (() => void)[] = []
  private backs: (() => void)[] = []
  private isStarted = false
  private isOver = false

  constructor(
    private readonly host: Host,
    private readonly settings: Settings,
    incoming: Connection,
    outgoing: Connection,
  ) {
    const events = { onUp: () => void this.up(), onDown: (error: unknown) => this.down(error) }
    this.inward = new Wire(incoming, host.clock, events)
    this.outward = new Wire(outgoing, host.clock, events)
  }

  async start(): Promise<void> {
    try {
      await Promise.all([this.inward.start(), this.outward.start()])
    } catch (error) {
      this.destroy()
      throw this.refusal(error)
    }
    this.isStarted = true
    this.state = 'connected'
  }

  onRestore(restore: () => Promise<void>): void {
    this.restores.push(restore)
  }

  onCut(told: () => void): void {
    this.cuts.push(told)
  }

  onBack(told: () => void): void {
    this.backs.push(told)
  }

  onBlocked(reason: string | undefined): void {
    this.blocked = reason
    if (reason === undefined) this.tellConnected()
    else this.tell('reconnecting', `RabbitMQ at ${this.settings.address} takes no messages now: ${reason}.`)
  }

  async close(): Promise<void> {
    this.isOver = true
    await Promise.all([this.outward.close(), this.inward.close()])
  }

  destroy(): void {
    this.isOver = true
    this.inward.destroy()
    this.outward.destroy()
  }

  private get isUp(): boolean {
    return this.inward.isUp && this.outward.isUp
  }

  private async up(): Promise<void> {
    if (!this.isStarted || !this.isUp) return
    this.round += 1
    const { round } = this
    for (const restore of this.restores) await restore()
    await this.inward.reopenAll()
    await this.outward.reopenAll()
    if (round !== this.round || !this.isUp || this.isOver) return
    this.tellConnected()
  }

  private tellConnected(): void {
    if (this.blocked !== undefined || !this.isUp) return
    for (const told of this.backs) told()
    this.tell('connected')
  }

  private down(error: unknown): void {
    if (!this.isStarted || this.isOver) return
    this.blocked = undefined
    this.round += 1
    for (const told of this.cuts) told()
    this.tell(
      'reconnecting',
      `The connection to RabbitMQ at ${this.settings.address} broke: ${textOf(error)}.`,
    )
  }

  private tell(state: LinkState, reason?: string): void {
    if (this.isOver || state === this.state) return
    this.state = state
    this.host.onState(state, reason)
  }

  private refusal(error: unknown): BusError {
    const { address } = this.settings
    const why = textOf(error)
    switch (codeOf(error)) {
      case 'ACCESS_REFUSED':
        return new BusError('AUTH_FAILED', `RabbitMQ at ${address} refused the user or password: ${why}.`, {
          cause: error,
        })
      case 'NOT_ALLOWED':
        return new BusError('PERMISSION_DENIED', `RabbitMQ at ${address} refused the virtual host: ${why}.`, {
          cause: error,
        })
      case 'VERSION_MISMATCH':
        return new BusError(
          'UNREACHABLE',
          `What answers at ${address} is no RabbitMQ (${why}); the URL of a broker of AMQP 1.0 begins with amqp10://.`,
          { cause: error },
        )
      default:
        return new BusError('UNREACHABLE', `RabbitMQ at ${address} could not be reached: ${why}.`, {
          cause: error,
        })
    }
  }
}
