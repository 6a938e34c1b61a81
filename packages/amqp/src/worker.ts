/** Works on a queue: takes under its concurrency, settles by outcomes, and is back after a cut. */

import { createKeyLanes, createPump, type KeyLanes, type Pump } from '@busbar/adapter'
import {
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  type Host,
  type MaybePromise,
  matcher,
  type Outcome,
} from 'busbar/transport'
import type { EventContext } from 'rhea'
import type { Tenant } from './line.js'
import { fromAmqp } from './messages.js'
import { Recent } from './recent.js'
import { accept, failed, type Held, hold, release, type Settling } from './settling.js'
import type { Wire } from './wire.js'
import { openWorkerLink, type WorkerLink } from './worker-link.js'

export interface WorkerOptions {
  readonly host: Host
  readonly request: ConsumeRequest
  readonly deliver: Deliver
  /** Where its messages are, as a receiver asks for it. */
  readonly source: string
  readonly settling: Settling
  /** Retries wait in this process, since its queue goes with it. */
  readonly isTransient: boolean
  /** It is over. */
  readonly onEnd: () => void
}

/** Messages whose tries are remembered over a cut. */
const rememberedCuts = 1_000

type Fate = 'waits' | 'runs'

export class Worker implements Consumer, Tenant {
  readonly ended: Promise<BusErrorCode | undefined>
  private tellEnd: (why: BusErrorCode | undefined) => void = () => {}
  private readonly pump: Pump
  private readonly matches: (address: string) => boolean
  private lanes: KeyLanes = createKeyLanes()
  private link: WorkerLink | undefined
  /** Handed over by the broker and not settled. */
  private readonly open = new Map<Held, Fate>()
  private closing: Promise<void> | undefined
  /** Tries of this process that a cut ended: the broker counts some of them only. */
  private readonly cutShort = new Map<string, number>()
  private readonly recent = new Recent()
  private readonly burials = new Set<Promise<void>>()

  constructor(private readonly options: WorkerOptions) {
    const { request, deliver } = options
    this.matches = matcher(request.pattern)
    this.pump = createPump({
      concurrency: request.concurrency,
      deliver,
      // The broker hands it out again when the link goes; until then it is nobody's.
      onError: () => {},
      onRoom: () => this.grant(),
    })
    this.ended = new Promise((resolve) => {
      this.tellEnd = resolve
    })
  }

  async onUp(wire: Wire): Promise<void> {
    if (this.closing !== undefined) return
    this.link = await openWorkerLink(wire, this.options.source, {
      onMessage: (link, context) => this.take(link, context),
      onRefused: () => this.end('NOT_FOUND'),
    })
    if (this.closing === undefined) this.grant()
    else await this.link.close()
  }

  onDown(): void {
    this.link = undefined
    for (const [held, fate] of this.open) {
      held.isOver = true
      this.recent.forget(held.incoming)
      this.remember(held, fate === 'runs' ? held.attempt : held.attempt - 1)
    }
    this.lanes = createKeyLanes()
    this.open.clear()
    this.pump.loseAll()
  }

  onLost({ code }: { readonly code: BusErrorCode }): void {
    this.onDown()
    this.end(code)
  }

  close(): Promise<void> {
    this.closing ??= this.stop()
    return this.closing
  }

  /** Goes without waiting: what was started failed, the rest goes back as it came. */
  abandon(): void {
    this.closing ??= Promise.resolve()
    for (const [held, fate] of this.open) {
      if (fate === 'runs') failed(held)
      else this.giveBack(held)
    }
    void this.link?.close()
    this.onDown()
    this.end('CLOSED')
  }

  private async stop(): Promise<void> {
    const { link } = this
    for (const [held, fate] of this.open) if (fate === 'waits') this.giveBack(held)
    this.lanes = createKeyLanes()
    link?.stop()
    await this.pump.idle()
    await Promise.allSettled(this.burials)
    const { host, request } = this.options
    try {
      if (request.channel.guarantees.durable) await link?.written(host.clock)
    } finally {
      await link?.close()
      this.end(undefined)
    }
  }

  private end(why: BusErrorCode | undefined): void {
    this.link = undefined
    this.options.onEnd()
    this.tellEnd(why)
  }

  /** As much as there is room for, so that nothing is handed over that nobody starts. */
  private grant(): void {
    if (this.closing !== undefined) return
    let waiting = 0
    if (this.open.size > this.pump.running) waiting = this.open.size - this.pump.running
    const { concurrency } = this.options.request
    this.link?.grant(concurrency - this.pump.running - waiting, concurrency / 4)
  }

  private take(link: WorkerLink, { message: raw, delivery }: EventContext): void {
    if (raw === undefined || delivery === undefined) return
    const { request, host } = this.options
    if (this.closing !== undefined || !link.isUp) {
      delivery.release()
      return
    }
    const held = hold(
      delivery,
      fromAmqp(request.channel, raw, () => host.clock.now()),
    )
    const { id, address } = held.incoming.message
    held.attempt = Math.max(held.attempt, (this.cutShort.get(id) ?? 0) + 1)
    this.cutShort.delete(id)
    // Of durable topics the broker itself keeps one copy.
    const isCopy = !request.channel.guarantees.durable && this.recent.add(held.incoming)
    if (isCopy || !this.matches(address)) {
      accept(held)
      this.grant()
    } else if (held.attempt > request.channel.guarantees.retry.attempts) this.giveUp(held)
    else this.enter(held)
  }

  /** Runs, or waits for the one before it under its key. */
  private enter(held: Held): void {
    const { key } = held.incoming.message
    this.open.set(held, 'waits')
    if (!this.options.request.channel.guarantees.ordered || key === undefined) {
      this.run(held, () => {})
      return
    }
    const { lanes } = this
    lanes.enter(key, () => this.run(held, () => lanes.leave(key)))
  }

  private run(held: Held, leave: () => void): void {
    this.open.set(held, 'runs')
    this.pump.take({
      message: held.incoming.message,
      attempt: held.attempt,
      settle: (outcome) => this.settle(held, outcome, leave),
    })
  }

  private settle(held: Held, outcome: Outcome, leave: () => void): MaybePromise<void> {
    const { channel } = this.options.request
    const { ordered, retry } = channel.guarantees
    const isLaned = ordered && held.incoming.message.key !== undefined
    const isKept = (isLaned || this.options.isTransient) && held.attempt < retry.attempts
    if (outcome.kind === 'retry' && isKept) return this.again(held, outcome, leave)
    const finish = (): void => {
      this.open.delete(held)
      leave()
    }
    const told = this.options.settling.settle(held, outcome)
    if (told === undefined) return finish()
    return told.then(finish, (error: unknown) => {
      failed(held)
      finish()
      throw error
    })
  }

  /** Those behind it under its key wait for it, so it waits in this process, and is tried again here. */
  private again(
    held: Held,
    { afterMs, failure }: Extract<Outcome, { kind: 'retry' }>,
    leave: () => void,
  ): void {
    held.firstFailure ??= failure
    held.attempt += 1
    this.open.set(held, 'waits')
    if (this.closing !== undefined) {
      this.giveBack(held)
      return
    }
    this.options.host.clock.after(afterMs, () => {
      if (this.open.has(held)) this.run(held, leave)
    })
  }

  private giveBack(held: Held): void {
    this.open.delete(held)
    // A try of this process failed, which the broker does not know yet.
    if (held.attempt > held.incoming.failures + 1) failed(held)
    else release(held)
  }

  private remember({ incoming }: Held, attempt: number): void {
    if (attempt <= incoming.failures) return
    this.cutShort.set(incoming.message.id, attempt)
    for (const id of this.cutShort.keys()) {
      if (this.cutShort.size <= rememberedCuts) return
      this.cutShort.delete(id)
    }
  }

  private giveUp(held: Held): void {
    this.open.set(held, 'runs')
    const burial = this.options.settling.giveUp(held).catch(() => failed(held))
    this.burials.add(burial)
    void burial.then(() => {
      this.burials.delete(burial)
      this.open.delete(held)
      this.grant()
    })
  }
}
