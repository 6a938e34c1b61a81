/** A work queue of JetStream in a file, and core NATS; a ping confirms what one turn has published. */

import { nats } from '@busbar/nats'
import { AckPolicy, jetstream, jetstreamManager, RetentionPolicy, StorageType } from '@nats-io/jetstream'
import { connect, headers, type MsgHdrs } from '@nats-io/transport-node'
import { type Broker, type Contender, inFlight, jobIn } from './contender.js'
import { gather } from './gather.js'

export const natsBroker: Broker = {
  adapter: (url) => nats({ url }),
  bare: (url, name) => bare(url, name, { make: () => ({}), read() {} }),
  bareWithHeaders: (url, name) =>
    bare(url, name, { make: () => ({ headers: envelope(name) }), read: readEnvelope }),
}

/** What goes with a payload. */
interface Envelope {
  make(): { headers?: MsgHdrs }
  read(headers: MsgHdrs | undefined): void
}

/** Those that Busbar gives an event. */
function envelope(type: string): MsgHdrs {
  const made = headers()
  made.append('ce-specversion', '1.0')
  made.append('ce-type', type)
  made.append('content-type', 'application/json')
  made.append('ce-source', 'sender')
  made.append('ce-id', crypto.randomUUID())
  made.append('ce-time', new Date().toISOString())
  return made
}

function readEnvelope(given: MsgHdrs | undefined): void {
  const record: Record<string, string> = {}
  for (const [name, [value = '']] of given ?? []) record[name] = value
  if (record['ce-id'] === undefined) throw new Error('a message came without its headers')
}

async function bare(url: string, name: string, { make, read }: Envelope): Promise<Contender> {
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
    send: (job) => stream.publish(jobs, JSON.stringify(job), make()),
    async work(handle) {
      await manager.consumers.add(jobs, { durable_name: worker, ack_policy: AckPolicy.Explicit })
      const consumer = await jetstream(taker).consumers.get(jobs, worker)
      await consumer.consume({
        max_messages: inFlight,
        callback(message) {
          read(message.headers)
          handle(jobIn(message.string()))
          message.ack()
        },
      })
    },
    publish(job) {
      sender.publish(news, JSON.stringify(job), make())
      return flush(undefined)
    },
    async subscribe(handle) {
      taker.subscribe(news, {
        callback(error, message) {
          if (error !== null) throw error
          read(message.headers)
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
}
