/**
 * A quorum queue with confirms, and a topic exchange with a queue of the subscriber's own that needs no acknowledgement.
 * The same at the server as the adapter has it: types of queues and exchanges, persistence, confirms of both, `mandatory`
 * for jobs and not for events, and how many jobs a worker may hold. Two things are the client's own way: its consumer
 * acknowledges jobs one by one, where the adapter acknowledges what a turn has settled, and it sends neither properties nor
 * headers but the time.
 */

import { rabbitmq } from '@busbar/rabbitmq'
import { Connection } from 'rabbitmq-client'
import { type Broker, inFlight, jobIn } from './contender.js'

export const rabbitmqBroker: Broker = {
  adapter: (url) => rabbitmq({ url }),
  async bare(url, name) {
    const sender = new Connection(url)
    const taker = new Connection(url)
    for (const one of [sender, taker]) one.on('error', (error) => console.error(error))
    const [jobs, news] = [`${name}.jobs`, `${name}.news`]
    const lasting = { durable: true, arguments: { 'x-queue-type': 'quorum' } } as const
    await sender.queueDeclare({ queue: jobs, ...lasting })
    await sender.exchangeDeclare({ exchange: news, type: 'topic', durable: true })
    const publisher = sender.createPublisher({ confirm: true })
    publisher.on('basic.return', ({ replyText }) => console.error(replyText))
    const closing: (() => Promise<void>)[] = []
    return {
      send: (job) =>
        publisher.send(
          { routingKey: jobs, durable: true, mandatory: true },
          Buffer.from(JSON.stringify(job)),
        ),
      async work(handle) {
        const consumer = taker.createConsumer(
          { queue: jobs, queueOptions: lasting, qos: { prefetchCount: inFlight } },
          ({ body }) => handle(jobIn(String(body))),
        )
        closing.push(() => consumer.close())
        await new Promise<void>((resolve) => consumer.once('ready', resolve))
      },
      publish: (job) =>
        publisher.send({ exchange: news, routingKey: news }, Buffer.from(JSON.stringify(job))),
      async subscribe(handle) {
        const channel = await taker.acquire()
        const { queue } = await channel.queueDeclare({ exclusive: true, autoDelete: true })
        await channel.queueBind({ queue, exchange: news, routingKey: news })
        await channel.basicConsume({ queue, noAck: true }, ({ body }) => handle(jobIn(String(body))))
        closing.push(() => channel.close())
      },
      async close() {
        for (const close of closing) await close()
        await sender.queueDelete({ queue: jobs })
        await sender.exchangeDelete({ exchange: news })
        await publisher.close()
        await Promise.all([sender.close(), taker.close()])
      },
    }
  },
}
