/** Sends jobs to the queue it was pointed at, so many at a time, and reports how long that took and each of them. */

import { cpuUs } from './cpu.js'
import { firstJob, jobOf } from './job.js'
import { queueClient } from './queue-client.js'
import type { QueueName } from './queue-interface.js'

/** What the publisher is asked for. */
export interface Errand {
  readonly queue: QueueName
  readonly messages: number
  readonly inFlight: number
}

/** What it answers: times of single messages in us from call to confirm. */
export interface Sent {
  readonly p50Us: number
  readonly p99Us: number
  readonly cpuUs: number
}

const client = await queueClient(process.env.BUSBAR_URL ?? '')

async function run({ queue, messages, inFlight }: Errand): Promise<Sent> {
  const times = new Float64Array(messages)
  const line = async (from: number): Promise<void> => {
    for (let number = from; number < messages; number += inFlight) {
      const begun = performance.now()
      await client.send(queue, jobOf(firstJob + number))
      times[number] = (performance.now() - begun) * 1_000
    }
  }
  const before = cpuUs()
  await Promise.all(Array.from({ length: inFlight }, (_, index) => line(index)))
  times.sort()
  const at = (share: number): number => times[Math.floor(messages * share)] ?? Number.NaN
  return { p50Us: at(0.5), p99Us: at(0.99), cpuUs: cpuUs() - before }
}

process.on('message', (errand: Errand) => void run(errand).then((sent) => process.send?.(sent)))
process.on('disconnect', () => process.exit(0))
process.send?.(client.about)
