/** The queue in which a link hears from its exchanges. */

import type { Frame } from '@busbar/adapter'
import type { Context } from './context.js'
import { codeOf } from './errors.js'
import { readFrame } from './frames.js'

/** Frames wait for so long while the link is cut; after that, and after a crash, the broker removes the queue. */
const spareMs = 60_000

export interface Inbox {
  readonly name: string
  /** Resolves when it is there; made at the first call. */
  ensure(): Promise<void>
  /** Whether the broker has forgotten it, as it does when it starts anew. */
  isForgotten(): Promise<boolean>
  remove(): Promise<void>
}

export function createInbox({ names, link, makeToken }: Context, onFrame: (frame: Frame) => void): Inbox {
  const name = names.inbox(makeToken())
  const wire = link.inward
  let made: Promise<unknown> | undefined

  const make = (): Promise<unknown> =>
    wire.keep({
      async setup(amqp) {
        await amqp.queueDeclare({
          queue: name,
          durable: true,
          arguments: { 'x-queue-type': 'classic', 'x-expires': spareMs },
        })
        // Does not outlive the broker, but the queue does: so the one tells that the other has lost what was in it.
        await amqp.exchangeDeclare({ exchange: name, type: 'fanout', autoDelete: true })
        await amqp.queueBind({ queue: name, exchange: name, routingKey: '' })
        await amqp.basicConsume({ queue: name, noAck: true, exclusive: true }, (arrived) =>
          onFrame(readFrame(arrived)),
        )
      },
      onLost() {},
    })

  return {
    name,
    async ensure() {
      made ??= make()
      await made.catch((error: unknown) => {
        made = undefined
        throw error
      })
    },
    async isForgotten() {
      if (made === undefined) return false
      try {
        await wire.use((amqp) => amqp.exchangeDeclare({ exchange: name, passive: true }))
        return false
      } catch (error) {
        return codeOf(error) === 'NOT_FOUND'
      }
    },
    async remove() {
      if (made !== undefined) await wire.use((amqp) => amqp.queueDelete({ queue: name }))
    },
  }
}
