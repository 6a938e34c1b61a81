/** The bug that fencing tokens are against: the late word of a consumer that had lost its claim ends the message. */

import type { Outcome } from 'busbar/transport'
import { delivering, overheard, type Planted } from './damage.js'

export interface StaleSettlements extends Planted {
  /** Messages that their handlers wanted again, and that were ended all the same. */
  readonly harmed: number
}

export function staleSettlements(): StaleSettlements {
  /** What was said too late, by message. */
  const late = new Map<string, Outcome>()
  let harmed = 0
  return {
    name: 'believes a consumer that had lost its claim',
    breaks: 'lost',
    get harmed() {
      return harmed
    },
    damage: () => (inner) =>
      delivering(inner, (deliver, channel) => {
        if (channel.kind !== 'queue') return deliver
        return async (delivery) => {
          const { id } = delivery.message
          let isLost = false
          const heard = overheard(delivery, () => {
            isLost = true
          })
          const outcome = await deliver(heard)
          if (isLost) late.set(id, outcome)
          const stale = late.get(id)
          if (isLost || stale === undefined) return outcome
          if (stale.kind === 'done' && outcome.kind === 'retry') harmed += 1
          return stale
        }
      }),
  }
}
