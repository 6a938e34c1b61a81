/** Streams with a group, and Pub/Sub; the client writes what one turn asks for in one go. */

import { redis } from '@busbar/redis'
import { createClient } from 'redis'
import { type Broker, type Handle, inFlight, jobIn } from './contender.js'

interface Entry {
  readonly id: string
  readonly message: Readonly<Record<string, string>>
}

export const redisBroker: Broker = {
  adapter: (url) => redis({ url }),
  async bare(url, name) {
    const client = createClient({ url })
    // Blocked reads and subscriptions need a connection each.
    const reader = client.duplicate()
    const listener = client.duplicate()
    const all = [client, reader, listener]
    for (const one of all) one.on('error', (error) => console.error(error))
    await Promise.all(all.map((one) => one.connect()))
    const [jobs, news, group] = [`${name}:jobs`, `${name}:news`, 'workers']
    let isOver = false

    const take = async (entries: readonly Entry[], handle: Handle): Promise<void> => {
      for (const { message } of entries) handle(jobIn(message.data ?? ''))
      const ids = entries.map(({ id }) => id)
      await Promise.all([client.xAck(jobs, group, ids), client.xDel(jobs, ids)])
    }
    const follow = async (handle: Handle): Promise<void> => {
      const from = [{ key: jobs, id: '>' }]
      while (!isOver) {
        const answer = await reader.xReadGroup(group, 'worker', from, { COUNT: inFlight, BLOCK: 200 })
        // The type of the answer depends on the version of the protocol; this is that of version 2.
        const streams = (answer ?? []) as readonly { readonly messages: readonly Entry[] }[]
        // The next read is not held up by what is acknowledged.
        for (const { messages } of streams) void take(messages, handle)
      }
    }
    let following: Promise<void> | undefined
    return {
      send: (job) => client.xAdd(jobs, '*', { data: JSON.stringify(job) }),
      async work(handle) {
        await client.xGroupCreate(jobs, group, '$', { MKSTREAM: true })
        following = follow(handle)
      },
      publish: (job) => client.publish(news, JSON.stringify(job)),
      subscribe: (handle) => listener.subscribe(news, (text) => handle(jobIn(text))),
      async close() {
        isOver = true
        await following
        await client.del(jobs)
        for (const one of all) one.destroy()
      },
    }
  },
}
