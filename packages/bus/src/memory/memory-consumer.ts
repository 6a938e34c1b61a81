/** One consumer of the memory wire: turns handlers' outcomes into settlements and keeps their leases alive. */

import type { Clock, Timer } from '../clock.js'
import type { Claim, Engine, EngineConsumer, Sink } from '../engine/engine.js'
import type { BusErrorCode } from '../error-table.js'
import type { Outcome } from '../outcome.js'
import type { ConsumeRequest, Consumer, Deliver, Delivery, MaybePromise, Message } from '../transport.js'

/** A consumer that can also be torn off without waiting for its handlers. */
export interface MemoryConsumer extends Consumer {
  /** It was asked to close and may still wait for its handlers. */
  readonly isClosing: boolean
  abandon(): void
}

/** `deliver` must not reject; a message must not be lost because it did. */
const brokenPromise = (error: unknown): Outcome => ({
  kind: 'retry',
  afterMs: 0,
  failure: { code: 'INTERNAL', message: String(error) },
})

class MemoryDelivery implements Delivery {
  readonly message: Message
  readonly attempt: number
  readonly acquired: number
  readonly offset?: number
  private lost = false
  private tell: (() => void) | undefined

  constructor({ message, attempt, acquired, offset }: Claim) {
    this.message = message
    this.attempt = attempt
    this.acquired = acquired
    if (offset !== undefined) this.offset = offset
  }

  onLost(fn: () => void): void {
    if (this.lost) fn()
    else this.tell = fn
  }

  lose(): void {
    if (this.lost) return
    this.lost = true
    this.tell?.()
  }
}

/** Of a plain event: there is no claim that could be lost. */
class PlainDelivery implements Delivery {
  constructor(readonly message: Message) {}

  get attempt(): number {
    return 1
  }

  onLost(): void {}
}

/** Gives a consumer that takes deliveries at once; `gone` is called when it has left. */
export function createMemoryConsumer(
  engine: Pick<Engine, 'consume' | 'flushed'>,
  clock: Clock,
  request: ConsumeRequest,
  deliver: Deliver,
  gone: (consumer: MemoryConsumer) => void,
): MemoryConsumer {
  const { leaseMs, durable: isDurable } = request.channel.guarantees
  const renewMs = leaseMs / 3
  /** Claims whose handlers have not returned yet, by token. */
  const open = new Map<number, MemoryDelivery>()
  /** The delivery whose handler is being called; it may lose its claim before it has returned. */
  let handed: MemoryDelivery | undefined
  let handedToken = 0
  let running = 0
  let renewal: Timer | undefined
  let left = false
  let closing: Promise<void> | undefined
  let onIdle: (() => void) | undefined
  let settleEnded: (reason: BusErrorCode | undefined) => void
  const ended = new Promise<BusErrorCode | undefined>((resolve) => {
    settleEnded = resolve
  })

  const renew = (): void => {
    renewal = undefined
    if (open.size === 0) return
    for (const token of open.keys()) consumer.extend(token)
    renewal = clock.after(renewMs, renew)
  }

  const settle = (token: number, outcome: Outcome): void => {
    running -= 1
    if (left) return
    if (token !== 0) consumer.settle(token, outcome)
    consumer.credit(1)
    if (running === 0) onIdle?.()
  }

  const finish = (token: number, outcome: Outcome): void => {
    open.delete(token)
    settle(token, outcome)
  }

  const take = (token: number, outcome: MaybePromise<Outcome>): void => {
    if ('kind' in outcome) {
      settle(token, outcome)
      return
    }
    outcome.then(
      (late) => finish(token, late),
      (error: unknown) => finish(token, brokenPromise(error)),
    )
  }

  const leave = (failed: boolean): void => {
    if (left) return
    left = true
    renewal?.cancel()
    consumer.leave({ failed })
    settleEnded(undefined)
    gone(self)
  }

  /** Waits for the handlers that run. */
  const idle = (): Promise<void> =>
    running === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          onIdle = resolve
        })

  const sink: Sink = {
    deliver(claim) {
      const { token } = claim
      // Before the handler runs: one that closes its own consumer must still be waited for.
      running += 1
      if (token === 0) {
        take(token, deliver(new PlainDelivery(claim.message)))
        return
      }
      const delivery = new MemoryDelivery(claim)
      handed = delivery
      handedToken = token
      const outcome = deliver(delivery)
      handed = undefined
      if (!('kind' in outcome)) {
        open.set(token, delivery)
        renewal ??= clock.after(renewMs, renew)
      }
      take(token, outcome)
    },
    onGap: (gap) => request.onGap(gap),
    ended(reason) {
      settleEnded(reason)
      closing ??= end()
      // Nobody asked for this end, so nobody hears whether its settlements are on disk.
      closing.catch(() => undefined)
    },
    lost(token) {
      const delivery = handed !== undefined && handedToken === token ? handed : open.get(token)
      open.delete(token)
      delivery?.lose()
    },
  }

  const consumer: EngineConsumer = engine.consume(request, sink)

  async function end(): Promise<void> {
    consumer.stop()
    await idle()
    try {
      if (isDurable) await engine.flushed(request.channel)
    } finally {
      leave(false)
    }
  }

  const self: MemoryConsumer = {
    ended,
    get isClosing() {
      return closing !== undefined
    },
    close() {
      closing ??= end()
      return closing
    },
    abandon() {
      for (const delivery of open.values()) delivery.lose()
      open.clear()
      leave(true)
      onIdle?.()
    },
  }
  consumer.credit(request.concurrency)
  return self
}
