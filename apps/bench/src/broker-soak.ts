/**
 * Memory of a service whose handlers have stalled: on one bus a worker and a subscriber take what they may and never
 * settle, on another a publisher goes on at an even rate. Prints resident memory and what was published and dropped,
 * and compares the third quarter of the time with the last. Arguments: URL, minutes (default 10), messages per second
 * of each kind (default 500). Kinds that a wire lacks are left out.
 */

import { connect } from '@busbar/connect'
import { type Bus, contract, createBus, event, isBusError, queue } from 'busbar'
import { firstJob, Job, jobOf } from './job.js'
import { median } from './rounds.js'

const [url = '', minutes = '10', rate = '500'] = process.argv.slice(2)
const topics = contract(`soak${process.pid}`, { jobs: queue(Job), news: event(Job) })
const seconds = Number(minutes) * 60
const tickMs = 100
const mib = (bytes: number): number => bytes / 2 ** 20

const count = { jobs: 0, news: 0, failed: 0, waiting: 0, begun: 0, dropped: 0 }

/** Resolves when the wire takes the topic, undefined when it cannot. */
async function ifCarried(kind: string, start: () => Promise<unknown>): Promise<boolean> {
  try {
    await start()
    return true
  } catch (error) {
    if (!isBusError(error, 'UNSUPPORTED')) throw error
    console.log(`no ${kind} on this wire`)
    return false
  }
}

function stall(): Promise<never> {
  count.begun += 1
  return new Promise(() => {})
}

async function open(taker: Bus): Promise<readonly ('jobs' | 'news')[]> {
  const jobs = await ifCarried('queue', () => taker.work(topics.jobs, stall, { concurrency: 16 }))
  const onGap = (gap: { readonly count: number }): void => {
    count.dropped += gap.count
  }
  const news = await ifCarried('event', () => taker.subscribe(topics.news, stall, { group: 'each', onGap }))
  return [...(jobs ? (['jobs'] as const) : []), ...(news ? (['news'] as const) : [])]
}

/** What waits for its confirm is bounded by the wire; here only so much may wait that the rate is kept. */
function publish(sender: Bus, kind: 'jobs' | 'news', many: number): void {
  for (let sent = 0; sent < many && count.waiting < Number(rate); sent += 1) {
    count.waiting += 1
    count[kind] += 1
    const job = jobOf(firstJob + (count[kind] % firstJob))
    const done = kind === 'jobs' ? sender.send(topics.jobs, job) : sender.publish(topics.news, job)
    done.then(
      () => {
        count.waiting -= 1
      },
      () => {
        count.waiting -= 1
        count.failed += 1
      },
    )
  }
}

const sender = await createBus({ service: 'sender', transport: connect(url) })
const taker = await createBus({ service: 'taker', transport: connect(url), drainTimeoutMs: 100 })
const kinds = await open(taker)
const resident: number[] = []
const begun = performance.now()

const ticks = setInterval(() => {
  for (const kind of kinds) publish(sender, kind, (Number(rate) * tickMs) / 1_000)
}, tickMs)
const samples = setInterval(() => {
  resident.push(mib(process.memoryUsage().rss))
  const second = Math.round((performance.now() - begun) / 1_000)
  if (second % 60 === 0) {
    const heap = mib(process.memoryUsage().heapUsed).toFixed(0)
    console.log(`${second} s: ${resident.at(-1)?.toFixed(0)} MiB, heap ${heap} MiB, ${JSON.stringify(count)}`)
  }
}, 1_000)
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
clearInterval(ticks)
clearInterval(samples)

const quarter = Math.floor(resident.length / 4)
const third = median(resident.slice(2 * quarter, 3 * quarter))
const last = median(resident.slice(3 * quarter))
console.log(
  `${url.slice(0, url.indexOf(':'))}: third quarter ${third.toFixed(0)} MiB, last ${last.toFixed(0)} MiB, ${((last / third - 1) * 100).toFixed(1)} %`,
)
process.exit(0)
