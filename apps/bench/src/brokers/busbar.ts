/** Busbar over an adapter: typed and validated on both sides. */

import { contract, createBus, event, queue } from 'busbar'
import type { Connect } from 'busbar/transport'
import { Job } from '../job.js'
import { type Contender, inFlight } from './contender.js'

export async function busbar(transport: Connect, name: string, ordered = false): Promise<Contender> {
  // Each job has a key of its own, so that order costs no concurrency.
  const jobs = queue(Job, ordered ? { key: ({ number }) => String(number) } : {})
  const topics = contract(name, { jobs, news: event(Job) })
  const sender = await createBus({ service: 'sender', transport })
  const taker = await createBus({ service: 'taker', transport })
  return {
    send: (job) => sender.send(topics.jobs, job),
    work: (handle) => taker.work(topics.jobs, handle, { concurrency: inFlight }),
    publish: (job) => sender.publish(topics.news, job),
    subscribe: (handle) => taker.subscribe(topics.news, handle, { group: 'each', concurrency: inFlight }),
    close: () => Promise.all([sender.close(), taker.close()]),
  }
}
