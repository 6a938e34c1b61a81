/** The refusal of a message that a bounded queue has no room for. */

import type { Channel } from '../channel.js'
import { BusError } from '../errors.js'
import type { EngineLimits } from './limits.js'

/** Says which limits were reached. */
export function queueFull(channel: Channel, limits: Required<EngineLimits>): BusError {
  const { queueMessages, queueBytes } = limits
  return new BusError(
    'QUEUE_FULL',
    `${channel.name}: no room; a queue holds at most ${queueMessages} messages (queueMessages) and ${queueBytes} bytes (queueBytes).`,
    { outcome: 'rejected', details: { topic: channel.name, queueMessages, queueBytes } },
  )
}
