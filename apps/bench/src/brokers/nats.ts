/** A work queue of JetStream in a file, and core NATS; a ping confirms what one turn has published. */

import { nats } from '@busbar/nats'
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { type Broker, inFlight, jobIn } from './contender.js'
import { gather } from './gather.js'

export const natsBroker: Broker = {
  adapter: (url) => nats({ url }),
  async bare(url, name) {
    // Without it the client takes a stack for every publish.
    const sender = await connect({ servers: url, noAsyncTraces: true })
    const taker = await connect({ servers: url, noAsyncTraces: true })
    const manager = await jetstreamManager(sender)
    const [jobs, news, worker] = [`${name}-jobs`, `${name}-news`, 'worker']
    await manager.streams.add({
      ...{ name: jobs, subjects: [jobs] },
      ...{ retention: RetentionPolicy.Workqueue, storage: StorageType.File },
    })
    const stream = jetstream(sender)
    const flush = gather(inFlight, () => sender.flush())
    return {
      send: (job) => stream.publish(jobs, JSON.stringify(job)),
      async work(handle) {
        await manager.consumers.add(jobs, { durable_name: worker, ack_policy: AckPolicy.Explicit })
        const consumer = await jetstream(taker).consumers.get(jobs, worker)
        await consumer.consume({
          max_messages: inFlight,
          callback(message) {
            handle(jobIn(message.string()))
            message.ack()
          },
        })
      },
      publish(job) {
        sender.publish(news, JSON.stringify(job))
        return flush(undefined)
      },
      async subscribe(handle) {
        taker.subscribe(news, {
          callback(error, message) {
            if (error !== null) throw error
            handle(jobIn(message.string()))
          },
        })
        await taker.flush()
      },
      async close() {
        await manager.streams.delete(jobs)
        await Promise.all([sender.close(), taker.close()])
      },
    }
  },
}
