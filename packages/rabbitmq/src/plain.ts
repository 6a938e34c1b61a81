/** Consumers of plain events: queues that go with them, a buffer in this process. */

import { createPlainConsumer, type PlainConsumer } from '@busbar/adapter'
import type { ConsumeRequest, Consumer, Deliver } from 'busbar/transport'
import type { Channel as AmqpChannel } from 'rabbitmq-client'
import type { Context } from './context.js'
import { headersOf, readArrived } from './envelope.js'

/** A consumer that can be ended without waiting. */
export interface Ending extends Consumer {
  abandon(): void
}

/** Shared queues of plain groups outlive a break of all their members by this. */
const spareMs = 30_000

/** Resolves when the queue is bound and consumed from. */
export async function consumePlain(
  context: Context,
  request: ConsumeRequest,
  deliver: Deliver,
  onEnd: (consumer: Ending) => void,
): Promise<Ending> {
  const { host, link, makeId } = context
  const { channel } = request
  const plain = await createPlainConsumer(host, request, deliver)
  const fallback = { id: makeId, now: () => host.clock.now() }
  const kept = await link.inward
    .keep({
      setup: async (amqp) => {
        const queue = await bind(context, request, amqp)
        await amqp.basicConsume({ queue, noAck: true }, (arrived) => {
          void plain.offer(readArrived(channel, arrived, headersOf(arrived), fallback))
        })
      },
      onLost: () => {},
    })
    .catch((error: unknown) => {
      plain.abandon()
      throw error
    })
  return new PlainEnding(plain, () => kept.close(), onEnd)
}

/** Makes the queue: of this consumer alone, or shared by its group. */
async function bind(
  { names, makeToken }: Context,
  request: ConsumeRequest,
  amqp: AmqpChannel,
): Promise<string> {
  const { channel, group, pattern } = request
  const isShared = group !== undefined
  const queue = isShared ? names.group(channel, group, pattern) : names.private(channel, makeToken())
  await amqp.queueDeclare({
    queue,
    autoDelete: true,
    durable: isShared,
    exclusive: !isShared,
    arguments: { 'x-queue-type': 'classic', ...(isShared && { 'x-expires': spareMs }) },
  })
  await amqp.queueBind({
    queue,
    exchange: names.channel(channel),
    routingKey: names.bindingKey(channel, pattern),
  })
  return queue
}

class PlainEnding implements Ending {
  readonly ended: Consumer['ended']
  private isOver = false

  constructor(
    private readonly plain: PlainConsumer,
    private readonly release: () => Promise<void>,
    private readonly onEnd: (consumer: Ending) => void,
  ) {
    this.ended = plain.consumer.ended
    void this.ended.then(() => this.leave())
  }

  async close(): Promise<void> {
    await this.leave()
    await this.plain.consumer.close()
  }

  abandon(): void {
    this.plain.abandon()
    this.onEnd(this)
  }

  private async leave(): Promise<void> {
    if (this.isOver) return
    this.isOver = true
    this.onEnd(this)
    await this.release()
  }
}
