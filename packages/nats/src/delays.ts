/** Delayed messages: kept aside in their stream until they are due, then put into the queue by whoever works on it. */

import type { Channel, Clock } from 'busbar/transport'
import { type Handed, nak, wordOf } from './handed.js'
import type { Link } from './link.js'
import { later, type Names } from './names.js'
import type { Publisher } from './publisher.js'
import { createPuller } from './puller.js'
import { headersOf } from './wire-headers.js'

/** Wall time in ms at which a delayed message is due. */
export const dueHeader = 'busbar-due'
/** Where it is to go. */
export const targetHeader = 'busbar-target'

/** What is looked at in one go; each is put back at once until it is due. */
const batch = 64

export interface Delays {
  stop(): Promise<void>
}

export function createDelays(
  link: Link,
  clock: Clock,
  names: Names,
  publisher: Publisher,
  channel: Channel,
): Delays {
  const stream = names.stream(channel)
  let moving = 0

  const move = async (message: Handed): Promise<void> => {
    const { msg, sequence } = message
    const { [dueHeader]: due, [targetHeader]: target, ...kept } = headersOf(msg)
    const leftMs = Number(due ?? 0) - clock.now()
    if (leftMs > 0) {
      msg.respond(nak(leftMs))
      return
    }
    // Moved twice, it is still one message.
    const id = `due ${stream} ${sequence}`
    await publisher.publish(target ?? names.subject(channel.name), id, kept, msg.data)
    msg.respond(wordOf('done'))
  }
  const puller = createPuller(link, clock, {
    stream,
    consumer: later,
    batch: 1,
    room: () => batch - moving,
    onMessage(message) {
      moving += 1
      // What failed comes again.
      void move(message)
        .catch(() => undefined)
        .finally(() => {
          moving -= 1
          puller.look()
        })
    },
    onGone: () => undefined,
  })
  return { stop: () => puller.stop() }
}
