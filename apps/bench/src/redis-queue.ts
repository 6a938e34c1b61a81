/** A work queue on a stream of Redis: read by a group, then acknowledged and deleted, a batch at a time. */

import { Redis } from 'ioredis'
import type { Job } from './job.js'
import { type QueueClient, readAhead } from './queue-interface.js'

/** What XREADGROUP answers: per stream, its entries with their fields; nothing when it has waited in vain. */
type Answer = readonly [stream: string, entries: readonly [id: string, fields: readonly string[]][]][] | null

export async function redisQueue(url: string): Promise<QueueClient> {
  const redis = new Redis(url)
  const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1]
  let reader: Redis | undefined
  return {
    about: `Redis ${version}`,
    async send(queue, job) {
      await redis.xadd(queue, '*', 'job', JSON.stringify(job))
    },
    async work(handle) {
      await redis.xgroup('CREATE', 'jobs', 'workers', '$', 'MKSTREAM')
      const own = redis.duplicate()
      reader = own
      void follow(own, redis, handle)
    },
    async close() {
      reader?.disconnect()
      redis.disconnect()
    },
  }
}

async function follow(reader: Redis, redis: Redis, handle: (job: Job) => void): Promise<void> {
  for (;;) {
    // A blocked read needs a connection of its own.
    const answer = (await reader.xreadgroup(
      'GROUP',
      'workers',
      'worker',
      'COUNT',
      readAhead,
      'BLOCK',
      1_000,
      'STREAMS',
      'jobs',
      '>',
    )) as Answer
    for (const [, entries] of answer ?? []) {
      // What this benchmark sent.
      for (const [, fields] of entries) handle(JSON.parse(fields[1] ?? '') as Job)
      const ids = entries.map(([id]) => id)
      await Promise.all([redis.xack('jobs', 'workers', ...ids), redis.xdel('jobs', ...ids)])
    }
  }
}
