/** A quorum queue of RabbitMQ, with publisher confirms. */

import { connect } from 'amqplib'
import type { Job } from './job.js'
import { type QueueClient, readAhead } from './queue-interface.js'

export async function rabbitQueue(url: string): Promise<QueueClient> {
  const connection = await connect(url)
  const channel = await connection.createConfirmChannel()
  for (const name of ['jobs', 'kept']) {
    await channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum' } })
  }
  return {
    about: `RabbitMQ ${connection.connection.serverProperties.version}`,
    send(queue, job) {
      return new Promise((resolve, reject) => {
        channel.sendToQueue(queue, Buffer.from(JSON.stringify(job)), { persistent: true }, (error) =>
          error ? reject(error) : resolve(),
        )
      })
    },
    async work(handle) {
      await channel.prefetch(readAhead)
      await channel.consume('jobs', (message) => {
        if (message === null) throw new Error('the queue is gone')
        // What this benchmark sent.
        handle(JSON.parse(message.content.toString()) as Job)
        channel.ack(message)
      })
    },
    close: () => connection.close(),
  }
}
