// A worker in a process of its own, to be killed: writes down what it handled, in the order of all that share the file.

import { appendFileSync } from 'node:fs'
import { kafka } from '@busbar/kafka'
import { contract, createBus, queue, stream } from 'busbar'
import { z } from 'zod'

const [, , url = '', kind = '', name = '', file = '', partitions] = process.argv
const Step = z.object({ key: z.string(), n: z.int() })
const key = (/** @type {{ key: string }} */ step) => step.key
const doomed = contract('doomed', {
  shared: queue(Step),
  ordered: queue(Step, { key }),
  stream: stream(Step, { key }),
})
const bus = await createBus({ service: 'workers', transport: kafka({ url, partitions: Number(partitions) }) })
/** @type {(step: { key: string, n: number }) => Promise<void>} */
const handle = async (step) => {
  await new Promise((resolve) => setImmediate(resolve))
  appendFileSync(file, `${name} ${step.key} ${step.n}\n`)
}
const options = { concurrency: 8 }
if (kind === 'stream') await bus.subscribe(doomed.stream, handle, { ...options, group: 'g', from: 'start' })
else await bus.work(kind === 'shared' ? doomed.shared : doomed.ordered, handle, options)
appendFileSync(file, `${name} ready 0\n`)
