/** What becomes of a message that was not done: another try, a dead letter. */

import type { Outcome } from 'busbar/transport'
import type { Context } from './context.js'
import type { Courier } from './courier.js'
import type { Parcel } from './parcel.js'
import type { Source } from './worker.js'

/** All resolve when the broker has the copy, so that the original may be acknowledged. */
export interface Settlement {
  settle(parcel: Parcel, attempt: number, outcome: Exclude<Outcome, { kind: 'done' | 'drop' }>): Promise<void>
  /** A message that was not begun, with its attempts as they are. */
  putBack(parcel: Parcel, attempt: number): Promise<void>
  putOff(parcel: Parcel, delayMs: number): Promise<void>
  /** Its last worker was lost with it. */
  giveUp(parcel: Parcel): Promise<void>
}

export function createSettlement(
  { host }: Context,
  { channel, queue, group }: Source,
  courier: Courier,
): Settlement {
  const kept = ({ priority, expiresAt, firstFailure }: Parcel) => ({ priority, expiresAt, firstFailure })
  return {
    settle(parcel, attempt, outcome) {
      const { message } = parcel
      const { failure } = outcome
      const firstFailure = parcel.firstFailure ?? failure
      if (outcome.kind === 'retry') {
        return courier.put(channel, queue, message, {
          ...kept(parcel),
          firstFailure,
          attempt: attempt + 1,
          delayMs: outcome.afterMs,
          mayBeLate: true,
        })
      }
      return courier.bury(channel, queue, message, {
        reason: outcome.reason,
        group,
        attempts: attempt,
        acquired: attempt,
        firstFailure,
        lastFailure: failure,
        diedAt: host.clock.now(),
      })
    },
    putBack: (parcel, attempt) => courier.put(channel, queue, parcel.message, { ...kept(parcel), attempt }),
    putOff: (parcel, delayMs) =>
      courier.put(channel, queue, parcel.message, { ...kept(parcel), attempt: parcel.written, delayMs }),
    giveUp(parcel) {
      const attempts = parcel.written + (parcel.losses ?? 0) - 1
      return courier.bury(channel, queue, parcel.message, {
        reason: 'attempts',
        group,
        attempts,
        acquired: attempts,
        firstFailure: parcel.firstFailure,
        lastFailure: undefined,
        diedAt: host.clock.now(),
      })
    },
  }
}
