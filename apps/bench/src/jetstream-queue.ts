/** A work queue of JetStream: a file stream whose messages leave when they are acknowledged. */

import { AckPolicy, connect, RetentionPolicy, StorageType, StringCodec } from 'nats'
import type { Job } from './job.js'
import { type QueueClient, readAhead } from './queue-interface.js'

export async function jetstreamQueue(url: string): Promise<QueueClient> {
  // Without it the client takes a stack for every publish, which makes it half as fast.
  const connection = await connect({ servers: url, noAsyncTraces: true })
  const manager = await connection.jetstreamManager()
  for (const name of ['jobs', 'kept']) {
    await manager.streams.add({
      name,
      subjects: [name],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
    })
  }
  const stream = connection.jetstream()
  const text = StringCodec()
  return {
    about: `nats-server ${connection.info?.version}`,
    async send(queue, job) {
      await stream.publish(queue, text.encode(JSON.stringify(job)))
    },
    async work(handle) {
      await manager.consumers.add('jobs', { durable_name: 'worker', ack_policy: AckPolicy.Explicit })
      const consumer = await stream.consumers.get('jobs', 'worker')
      await consumer.consume({
        max_messages: readAhead,
        callback(message) {
          handle(message.json<Job>())
          message.ack()
        },
      })
    },
    close: () => connection.close(),
  }
}
