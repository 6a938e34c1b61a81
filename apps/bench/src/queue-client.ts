/** The client of a queue, chosen by the scheme of its URL. */

import type { QueueClient } from './queue-interface.js'

export async function queueClient(url: string): Promise<QueueClient> {
  const scheme = new URL(url).protocol
  if (scheme === 'tcp:') return (await import('./busbar-queue.js')).busbarQueue(url)
  if (scheme === 'nats:') return (await import('./jetstream-queue.js')).jetstreamQueue(url)
  if (scheme === 'amqp:') return (await import('./rabbit-queue.js')).rabbitQueue(url)
  if (scheme === 'redis:') return (await import('./redis-queue.js')).redisQueue(url)
  throw new Error(`no client for ${scheme}`)
}
