/**
 * Two topics of one partition. The client names the requests of share groups and makes none of them, so its worker is
 * the only member of a consumer group and commits how far it has come once a turn. Busbar's ordered queue does the same,
 * and is what to compare; its plain queue is a share group, which acknowledges record by record.
 */

import { kafka } from '@busbar/kafka'
import {
  Admin,
  Consumer,
  type Message,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { type Broker, type Contender, inFlight, jobIn } from './contender.js'
import { gather } from './gather.js'

type Texts = Message<string, string, string, string>

export const kafkaBroker: Broker = {
  ordered: true,
  adapter: (url) => kafka({ url }),
  async bare(url, name) {
    const common = { clientId: name, bootstrapBrokers: [new URL(url).host] }
    const admin = new Admin(common)
    const topics = [`${name}.jobs`, `${name}.news`] as const
    await admin.createTopics({ topics: [...topics], partitions: 1, replicas: 1 })
    // As the adapter: each record is in all replicas in sync, and once.
    const producer = new Producer({ ...common, acks: -1, idempotent: true, serializers: stringSerializers })
    const deserializers = stringDeserializers
    const consumer = (groupId: string) =>
      new Consumer({ ...common, groupId, deserializers, autocommit: false })
    const workers = consumer(`${name}-workers`)
    const subscriber = consumer(`${name}-each`)
    const post = (topic: string) =>
      gather(inFlight, (values: readonly string[]) =>
        producer.send({ messages: values.map((value) => ({ topic, value })) }),
      )
    const [jobs, news] = [post(topics[0]), post(topics[1])]
    return {
      send: (job) => jobs(JSON.stringify(job)),
      publish: (job) => news(JSON.stringify(job)),
      async work(handle) {
        const commit = gather(Number.POSITIVE_INFINITY, (messages: readonly Texts[]) =>
          Promise.resolve(messages.at(-1)?.commit()),
        )
        await follow(workers, topics[0], (message) => {
          handle(jobIn(message.value))
          void commit(message)
        })
      },
      subscribe: (handle) => follow(subscriber, topics[1], ({ value }) => handle(jobIn(value))),
      async close() {
        await Promise.all([workers.close(true), subscriber.close(true), producer.close()])
        await admin.deleteTopics({ topics: [...topics] })
        await admin.close()
      },
    } satisfies Contender
  },
}

/** Resolves when the end of the topic is known, from where it reads. */
async function follow(
  consumer: Consumer<string, string, string, string>,
  topic: string,
  take: (message: Texts) => void,
): Promise<void> {
  const stream = await consumer.consume({ topics: [topic], mode: 'latest', maxWaitTime: 500 })
  const isReady = new Promise<void>((resolve) => stream.once('offsets', resolve))
  stream.on('data', take)
  await isReady
}
