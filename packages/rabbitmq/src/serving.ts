/** Serves the openings of a channel: one queue shared by all who serve a pattern, or held by the only one for pairs. */

import type { Frame, OnOpening, Serving } from '@busbar/adapter'
import { type AcceptRequest, BusError, matcher } from 'busbar/transport'
import type { Channel as AmqpChannel, AsyncMessage } from 'rabbitmq-client'
import type { Context } from './context.js'
import { dialect } from './envelope.js'
import { readFrame } from './frames.js'
import { isLocked } from './wire.js'

/** More need not wait here; the broker has room. */
const maxPrefetch = 256
/** A queue that the broker kept over a restart goes if nobody comes back to it. */
const spareMs = 30_000

interface Waiting {
  readonly amqp: AmqpChannel
  readonly deliveryTag: number
  readonly frame: Frame
  readonly address: string
}

/** Resolves when it is effective; PAIR_TAKEN when somebody serves the same addresses of a pair. */
export async function startServing(
  { names, link }: Context,
  { channel, pattern, concurrency }: AcceptRequest,
  onOpening: OnOpening,
): Promise<Serving> {
  const isPair = channel.kind === 'pair'
  const queue = names.serving(channel, pattern)
  const matches = matcher(pattern)
  let waiting: Waiting[] = []
  let isBusy = false
  let isStopping = false
  let tag = ''

  const begin = ({ amqp, deliveryTag, frame, address }: Waiting): ReturnType<OnOpening> => {
    // Before it is begun: nobody may serve it a second time when this link is lost.
    if (amqp.active) amqp.basicAck({ deliveryTag })
    return matches(address) ? onOpening(frame, address) : undefined
  }
  const drain = async (): Promise<void> => {
    if (isBusy) return
    isBusy = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await begin(next)
    isBusy = false
  }
  const take = (amqp: AmqpChannel, arrived: AsyncMessage): void => {
    const frame = readFrame(arrived)
    const opening = { amqp, frame, deliveryTag: arrived.deliveryTag, address: addressOf(channel.name, frame) }
    if (isStopping) void begin(opening)
    else {
      waiting.push(opening)
      void drain()
    }
  }

  const kept = await link.inward
    .keep({
      async setup(amqp) {
        const kind = { 'x-queue-type': 'classic' } as const
        await amqp.queueDeclare({
          queue,
          autoDelete: true,
          ...(isPair
            ? { exclusive: true, arguments: kind }
            : { durable: true, arguments: { ...kind, 'x-expires': spareMs } }),
        })
        const routingKey = names.bindingKey(channel, pattern)
        await amqp.queueBind({ queue, exchange: names.routes(channel), routingKey })
        await amqp.basicQos({ prefetchCount: Math.min(concurrency, maxPrefetch) })
        const { consumerTag } = await amqp.basicConsume({ queue, exclusive: isPair }, (arrived) =>
          take(amqp, arrived),
        )
        tag = consumerTag
      },
      onLost() {
        waiting = []
      },
    })
    .catch((error: unknown) => {
      if (!isPair || !isLocked(error)) throw error
      throw new BusError('PAIR_TAKEN', `"${pattern}" is served by somebody else.`, { cause: error })
    })

  return {
    async stop() {
      isStopping = true
      // The queue goes with its last consumer: what was given to this one is not given to another.
      for (const opening of waiting.splice(0)) void begin(opening)
      await kept.channel?.basicCancel(tag).catch(() => undefined)
      await kept.close()
    },
  }
}

function addressOf(name: string, { headers }: Frame): string {
  const subject = headers[`${dialect.prefix}subject`]
  return subject === undefined ? name : `${name}.${subject}`
}
