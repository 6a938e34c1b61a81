/**
 * Appends to a stream and replays it, typed through a bus or as bytes at the seam of the transport. It talks to the hub
 * at BUSBAR_URL, or keeps the stream itself when that is `memory:`; its arguments: the contract, and a directory if any.
 */

import { connect } from '@busbar/connect'
import { fileStore } from '@busbar/store'
import { createBus, memory } from 'busbar'
import { done, systemClock } from 'busbar/transport'
import { cpuUs } from './cpu.js'
import { durable, firstJob, fleeting, jobOf } from './job.js'

/** What the process is asked for: so many records to append, or one pass over all of them. */
export type StreamErrand = { readonly append: number } | { readonly replay: 'typed' | 'seam' }

/** What it answers; `sum` is that of the numbers of the jobs when they were decoded, else of the offsets. */
export interface Passed {
  readonly seconds: number
  readonly count: number
  readonly sum: number
  readonly cpuUs: number
}

const url = process.env.BUSBAR_URL ?? ''
const [name, dir] = process.argv.slice(2)
const contract = name === 'fleeting' ? fleeting : durable
const topic = contract.record
/** Appends awaited at a time. */
const inFlight = 512
/** Deliveries under way at the seam. */
const ahead = 256

const transport =
  url === 'memory:' ? memory(dir === undefined ? {} : { store: fileStore({ dir }) }) : connect(url)

async function append(records: number): Promise<{ count: number; sum: number }> {
  const line = async (from: number): Promise<void> => {
    for (let number = from; number < records; number += inFlight) {
      await bus.append(topic, jobOf(firstJob + number))
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, index) => line(index)))
  return { count: records, sum: 0 }
}

async function typed(): Promise<{ count: number; sum: number }> {
  let count = 0
  let sum = 0
  for await (const { value } of bus.replay(topic, { from: 'start', to: 'now' })) {
    count += 1
    sum += value.number
  }
  return { count, sum }
}

async function seam(): Promise<{ count: number; sum: number }> {
  let count = 0
  let sum = 0
  const consumer = await line.consume(
    {
      channel: topic.channel,
      pattern: topic.channel.name,
      group: undefined,
      concurrency: ahead,
      start: 'start',
      until: 'now',
      onGap: ({ count: gone }) => {
        throw new Error(`${gone} records are missing`)
      },
    },
    ({ message, offset }) => {
      if (message.body.bytes().length < 200) throw new Error('a short record')
      count += 1
      sum += offset ?? Number.NaN
      return done
    },
    new AbortController().signal,
  )
  const why = await consumer.ended
  if (why !== undefined) throw new Error(`the replay ended with ${why}`)
  return { count, sum }
}

async function run(errand: StreamErrand): Promise<Passed> {
  const before = cpuUs()
  const begun = performance.now()
  const passed =
    'append' in errand ? await append(errand.append) : await (errand.replay === 'typed' ? typed() : seam())
  return { seconds: (performance.now() - begun) / 1_000, ...passed, cpuUs: cpuUs() - before }
}

const bus = await createBus({ service: 'bench', transport })
const line = await transport({
  service: 'bench',
  instance: 'seam',
  clock: systemClock,
  random: Math.random,
  onState: () => undefined,
})
process.on('message', (errand: StreamErrand) => void run(errand).then((passed) => process.send?.(passed)))
process.on('disconnect', () => process.exit(0))
try {
  await bus.declare(contract)
  // A session of its own, which knows nothing of what the bus has declared.
  await line.declare(topic.channel, new AbortController().signal)
  process.send?.({})
} catch (error) {
  process.send?.({ refused: error instanceof Error ? error.message : String(error) })
}
