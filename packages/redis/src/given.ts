/** A message that a consumer has in hand. */

import type { Taken } from '@busbar/adapter'
import type { Channel } from 'busbar/transport'
import type { TakenRow } from './answers.js'
import { fieldsOf, messageOf } from './fields.js'

export interface Given extends Omit<Taken, 'settle'> {
  readonly id: string
  /** How often it was handed out. */
  readonly times: number
}

export function givenIn(channel: Channel, { row: { id, fields }, failed, times }: TakenRow): Given {
  const attempt = failed + 1
  const raw = fieldsOf(fields)
  return {
    ...{ id, times, attempt, message: messageOf(channel, id, raw) },
    ...(times !== attempt && { acquired: times }),
    ...(channel.kind === 'stream' && { offset: offsetOf(id, raw.headers) }),
  }
}

/** Records that came back from the dead letters carry their offset; of the others it is the id. */
function offsetOf(id: string, headers: Readonly<Record<string, string | undefined>>): number {
  return id.startsWith('r') ? Number(headers['busbar-offset'] ?? 0) : Number.parseInt(id, 10) - 1
}
