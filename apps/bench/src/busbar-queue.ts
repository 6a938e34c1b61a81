/** A durable queue of Busbar: typed and validated on both sides, receipted once it is on disk. */

import { connect } from '@busbar/connect'
import { createBus } from 'busbar'
import { durable } from './job.js'
import { type QueueClient, readAhead } from './queue-interface.js'

export async function busbarQueue(url: string): Promise<QueueClient> {
  const bus = await createBus({ service: 'bench', transport: connect(url) })
  return {
    about: 'Busbar',
    async send(queue, job) {
      const { level } = await bus.send(durable[queue], job)
      if (level !== 'durable') throw new Error(`receipted as ${level}`)
    },
    async work(handle) {
      await bus.work(durable.jobs, handle, { concurrency: readAhead })
    },
    close: () => bus.close(),
  }
}
