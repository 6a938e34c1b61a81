/** A consumer whose messages are settled one by one: of a queue, of a group of a tracked event. */

import { createPump, type Pump } from '@busbar/adapter'
import {
  BusError,
  type BusErrorCode,
  type Channel,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
} from 'busbar/transport'
import type { Channel as AmqpChannel, AsyncMessage } from 'rabbitmq-client'
import { Claims } from './claims.js'
import type { Context } from './context.js'
import type { Courier } from './courier.js'
import { isEarly } from './delays.js'
import { type Parcel, readParcel } from './parcel.js'
import { createSettlement, type Settlement } from './settlement.js'
import type { Kept } from './wire.js'

export interface Source {
  readonly channel: Channel
  readonly queue: string
  readonly group: string | undefined
  readonly matches: (address: string) => boolean
  /** Makes and binds the queue where that is the consumer's business. */
  ensure(amqp: AmqpChannel): Promise<void>
}

/** The bus's own count must stay below the limit at which RabbitMQ 4 drops a message. */
const maxLosses = 8
const nothing = async (): Promise<void> => {}
/** How long a message whose settlement failed stays where it is before it is given back. */
const sorryMs = 1_000

/** Takes as many messages as may be open, so that none counts as tried that was not begun. */
export class Worker implements Consumer {
  readonly ended: Promise<BusErrorCode | undefined>
  private end: (why: BusErrorCode | undefined) => void = () => {}
  private readonly pump: Pump
  private readonly settlement: Settlement
  private backlog: (() => void)[] = []
  private readonly replacing = new Set<Promise<void>>()
  private kept: Kept | undefined
  private claims: Claims | undefined
  private tag = ''
  private isClosing = false
  private isLost = false
  private closed: Promise<void> | undefined

  constructor(
    private readonly context: Context,
    private readonly source: Source,
    private readonly request: ConsumeRequest,
    courier: Courier,
    deliver: Deliver,
    private readonly onEnd: (worker: Worker) => void,
  ) {
    this.ended = new Promise((resolve) => {
      this.end = resolve
    })
    this.settlement = createSettlement(context, source, courier)
    this.pump = createPump({
      concurrency: request.concurrency,
      deliver,
      // The delivery that failed to settle is given back by `settle`.
      onError: () => {},
      onRoom: () => this.backlog.shift()?.(),
    })
  }

  async start(): Promise<void> {
    const { queue, ensure } = this.source
    const { inward } = this.context.link
    this.kept = await inward.keep({
      setup: async (amqp) => {
        await ensure(amqp)
        await amqp.basicQos({ prefetchCount: Math.min(this.request.concurrency, 65_535) })
        const claims = new Claims(inward, amqp)
        const { consumerTag } = await amqp.basicConsume({ queue }, (arrived) => this.receive(claims, arrived))
        this.tag = consumerTag
        this.claims = claims
      },
      onLost: () => {
        this.isLost = true
        this.backlog = []
        this.pump.loseAll()
      },
    })
  }

  close(): Promise<void> {
    this.closed ??= this.shut()
    return this.closed
  }

  /** Ends at once; the broker gives to others what was in hand. */
  abandon(): void {
    this.isClosing = true
    this.backlog = []
    this.pump.loseAll()
    this.end('CLOSED')
    this.onEnd(this)
  }

  private async shut(): Promise<void> {
    this.isClosing = true
    this.isLost = false
    const waiting = this.backlog
    this.backlog = []
    for (const giveBack of waiting) giveBack()
    const amqp = this.kept?.channel
    await amqp?.basicCancel(this.tag).catch(() => undefined)
    await this.pump.idle()
    // What was put back and is not acknowledged would come twice.
    await Promise.all(this.replacing)
    this.claims?.flush()
    const wasSettled = !this.isLost
    await this.kept?.close()
    this.end(undefined)
    this.onEnd(this)
    if (wasSettled || !this.source.channel.guarantees.durable) return
    throw new BusError('DISCONNECTED', 'The connection to RabbitMQ broke while a consumer closed.', {
      outcome: 'unknown',
    })
  }

  private receive(claims: Claims, arrived: AsyncMessage): void {
    claims.add(arrived.deliveryTag)
    const { host, makeId } = this.context
    const parcel = readParcel(this.source.channel, arrived, { id: makeId, now: () => host.clock.now() })
    const instead = this.insteadOfHandling(parcel)
    if (instead === undefined) this.handle(claims, parcel)
    else this.replace(claims, parcel, instead)
  }

  /** What is to be done first with a message that is not to be handed out as it is; then it is acknowledged. */
  private insteadOfHandling(parcel: Parcel): (() => Promise<void>) | undefined {
    const { source, settlement } = this
    const { message, losses, written, dueAt, expiresAt, copy } = parcel
    const now = this.context.host.clock.now()
    if (losses === 0 && copy !== undefined && !this.context.recentOf(source.queue).add(copy)) return nothing
    if (this.isClosing) return () => settlement.putBack(parcel, written + (losses ?? 0))
    if (!source.matches(message.address)) return nothing
    if (dueAt !== undefined && isEarly(dueAt - now)) return () => settlement.putOff(parcel, dueAt - now)
    if (expiresAt !== undefined && expiresAt <= now) return nothing
    if (parcel.isNameless) return () => settlement.putBack(parcel, written)
    if (losses === undefined) return () => settlement.putBack(parcel, written + 1)
    if (losses >= maxLosses) return () => settlement.putBack(parcel, written + losses)
    if (written + losses > source.channel.guarantees.retry.attempts) return () => settlement.giveUp(parcel)
    return undefined
  }

  private replace(claims: Claims, parcel: Parcel, instead: () => Promise<void>): void {
    const replacing = instead().then(
      () => claims.ack(parcel.deliveryTag),
      () => this.giveBackLater(claims, parcel),
    )
    this.replacing.add(replacing)
    void replacing.then(() => this.replacing.delete(replacing))
  }

  private handle(claims: Claims, parcel: Parcel): void {
    // Handlers of a channel that was lost may still run, though their claims are void.
    if (this.pump.room > 0) {
      this.take(claims, parcel)
      return
    }
    this.backlog.push(() => {
      if (this.isClosing)
        this.replace(claims, parcel, () => this.settlement.putBack(parcel, attemptOf(parcel)))
      else this.take(claims, parcel)
    })
  }

  private take(claims: Claims, parcel: Parcel): void {
    const { message } = parcel
    const attempt = attemptOf(parcel)
    this.pump.take({
      message,
      attempt,
      acquired: attempt,
      settle: (outcome) => {
        if (outcome.kind === 'done' || outcome.kind === 'drop') {
          claims.ack(parcel.deliveryTag)
          return undefined
        }
        const settled = this.settlement.settle(parcel, attempt, outcome)
        return settled.then(
          () => claims.ack(parcel.deliveryTag),
          () => this.giveBackLater(claims, parcel),
        )
      },
    })
  }

  private giveBackLater(claims: Claims, { deliveryTag }: Parcel): void {
    this.context.host.clock.after(sorryMs, () => claims.giveBack(deliveryTag))
  }
}

const attemptOf = ({ written, losses = 0 }: Parcel): number => written + losses
