/** Reads the stream of the workload from its beginning and on, without a group. */

import type { Bus } from 'busbar'
import { noteOffset } from './handler.js'
import { hashOf } from './payload.js'
import type { WorkloadHost } from './workload-host.js'

/** Resolves when `stop` aborts. */
export async function readAll(
  host: WorkloadHost,
  bus: Bus,
  process: string,
  stop: AbortSignal,
): Promise<void> {
  const { log } = host.options.topics
  if (!host.has(log)) return
  const topic = log.name
  host.write(process, { op: 'subscribe', topic, concurrency: 1, from: 0 })
  const records = bus.replay(log, {
    from: 'start',
    signal: stop,
    onGap: (gap) => host.write(process, { op: 'gap', topic, ...gap }),
  })
  try {
    for await (const { value, ctx } of records) {
      const n = host.nextDelivery()
      const { id, offset, attempt } = ctx
      const seen = { n, id, value: value.value, hash: hashOf(value), attempt, offset }
      host.write(process, { op: 'deliver', topic, ...seen })
      host.write(process, { op: 'settle', n, outcome: 'done' })
      noteOffset(host, process, offset)
    }
  } catch (error) {
    if (!stop.aborted) throw error
  }
}
