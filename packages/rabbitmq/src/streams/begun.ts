/** Whether a stream holds anything: AMQP tells late how much there is, and an empty stream answers nobody. */

import type { Channel } from 'busbar/transport'
import type { Context } from '../context.js'
import { codeOf } from '../errors.js'

export interface Begun {
  /** To be awaited before the receipt of each record; costs something once. */
  mark(channel: Channel): Promise<void>
  /** True once any receipt was given; of foreign records it is true some seconds after the first. */
  is(channel: Channel): Promise<boolean>
}

/** The mark is an exchange bound to the stream, which the broker removes together with it. */
export function createBegun({ names, link }: Context): Begun {
  const marked = new Map<string, Promise<void>>()
  const exchangeOf = ({ name }: Channel): string => names.channel({ name: `${name}:begun`, params: [] })

  async function make(channel: Channel): Promise<void> {
    const exchange = exchangeOf(channel)
    await link.inward.steadily(() =>
      link.inward.use(async (amqp) => {
        await amqp.exchangeDeclare({ exchange, type: 'direct', durable: true, autoDelete: true })
        await amqp.queueBind({ exchange, queue: names.channel(channel), routingKey: '' })
      }),
    )
  }

  return {
    mark(channel) {
      const known = marked.get(channel.name)
      if (known !== undefined) return known
      const making = make(channel)
      marked.set(channel.name, making)
      making.catch(() => marked.delete(channel.name))
      return making
    },
    async is(channel) {
      try {
        await link.inward.use((amqp) =>
          amqp.exchangeDeclare({ exchange: exchangeOf(channel), passive: true }),
        )
        return true
      } catch (error) {
        if (codeOf(error) !== 'NOT_FOUND') throw error
      }
      const queue = names.channel(channel)
      const { messageCount } = await link.inward.use((amqp) => amqp.queueDeclare({ queue, passive: true }))
      return messageCount > 0
    },
  }
}
