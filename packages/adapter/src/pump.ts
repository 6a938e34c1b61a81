/** Hands messages of a broker to a consumer: under its concurrency, each settled by the value of its outcome. */

import type { Deliver, Delivery, MaybePromise, Message, Outcome } from 'busbar/transport'

/** A message in hand, with what the broker needs to hear about it. */
export interface Taken {
  readonly message: Message
  /** Deliveries that failed so far, and this one. */
  readonly attempt: number
  readonly acquired?: number
  readonly offset?: number
  /** Tells the broker; not called once the claim is lost. What it rejects with goes to `onError`. */
  settle(outcome: Outcome): MaybePromise<void>
}

export interface Pump {
  /** How many more may be taken now. */
  readonly room: number
  readonly running: number
  /** Starts a delivery. Gives the function that tells the handler that its claim is lost. */
  take(taken: Taken): () => void
  /** Resolves when there is room; at once if there is. */
  roomy(): Promise<void>
  /** Resolves when nothing runs and all is settled. */
  idle(): Promise<void>
  /** Every claim is lost: handlers hear so, their outcomes go nowhere. */
  loseAll(): void
}

interface PumpHost {
  /** At most so many unsettled deliveries. */
  readonly concurrency: number
  readonly deliver: Deliver
  /** A settlement failed; the broker will deliver the message again. */
  onError(error: unknown, message: Message): void
  /** A place has become free. */
  onRoom?(): void
}

/** `deliver` must not reject; a message must not be lost because it did. */
const broken = (error: unknown): Outcome => ({
  kind: 'retry',
  afterMs: 0,
  failure: { code: 'INTERNAL', message: String(error) },
})

class Held implements Delivery {
  readonly message: Message
  readonly attempt: number
  declare readonly acquired?: number
  declare readonly offset?: number
  isLost = false
  private tell: (() => void) | undefined

  constructor({ message, attempt, acquired, offset }: Taken) {
    this.message = message
    this.attempt = attempt
    if (acquired !== undefined) this.acquired = acquired
    if (offset !== undefined) this.offset = offset
  }

  onLost(fn: () => void): void {
    if (this.isLost) fn()
    else this.tell = fn
  }

  lose(): void {
    if (this.isLost) return
    this.isLost = true
    this.tell?.()
  }
}

export function createPump(host: PumpHost): Pump {
  const held = new Set<Held>()
  let running = 0
  let waiters: (() => void)[] = []

  const wake = (): void => {
    const all = waiters
    waiters = []
    for (const go of all) go()
  }
  const when = async (is: () => boolean): Promise<void> => {
    while (!is()) await new Promise<void>((resolve) => waiters.push(resolve))
  }
  const free = (): void => {
    running -= 1
    if (waiters.length > 0) wake()
    host.onRoom?.()
  }

  /** The place is free when the broker has been told. */
  function settle(taken: Taken, delivery: Held, outcome: Outcome): void {
    held.delete(delivery)
    if (delivery.isLost) {
      free()
      return
    }
    try {
      const told = taken.settle(outcome)
      if (told === undefined) {
        free()
        return
      }
      told.then(free, (error: unknown) => {
        host.onError(error, taken.message)
        free()
      })
    } catch (error) {
      host.onError(error, taken.message)
      free()
    }
  }

  return {
    get room() {
      return host.concurrency - running
    },
    get running() {
      return running
    },
    take(taken) {
      const delivery = new Held(taken)
      held.add(delivery)
      running += 1
      const outcome = host.deliver(delivery)
      if ('kind' in outcome) settle(taken, delivery, outcome)
      else {
        outcome.then(
          (late) => settle(taken, delivery, late),
          (error: unknown) => settle(taken, delivery, broken(error)),
        )
      }
      return () => delivery.lose()
    },
    roomy: () => when(() => running < host.concurrency),
    idle: () => when(() => running === 0),
    loseAll() {
      for (const delivery of held) delivery.lose()
      held.clear()
    },
  }
}
