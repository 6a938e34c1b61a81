/** What every broker does now and then, at the wire that never does: a message that was handled comes once more. */

import { BusError } from '../errors.js'
import type { ConsumeRequest, Deliver } from '../transport.js'

/** INVALID_OPTION unless it is a share between 0 and 1. */
export function checkDuplicates(share: number | undefined): void {
  if (share === undefined || (share >= 0 && share <= 1)) return
  throw new BusError('INVALID_OPTION', 'memory(): duplicates must be a number between 0 and 1.')
}

/** Hands a share of the messages that were handled to the same handler again; the second outcome is the one that counts. */
export function withDuplicates(
  share: number,
  random: () => number,
  { channel, group }: ConsumeRequest,
  deliver: Deliver,
): Deliver {
  // Plain events are delivered at most once on every wire, and who reads a stream by offset sees each record once.
  const isOnce =
    channel.kind === 'stream' ? group === undefined : channel.kind === 'event' && !channel.guarantees.tracked
  if (share === 0 || isOnce) return deliver
  return (delivery) => {
    if (random() >= share) return deliver(delivery)
    return Promise.resolve(deliver(delivery)).then((first) =>
      first.kind === 'done' ? deliver(delivery) : first,
    )
  }
}
