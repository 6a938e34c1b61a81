/** One side of the race with its consumers: rates from the first call to the last handled, and times of single messages. */

import { firstJob, type Job, jobOf } from '../job.js'
import { type Contender, type Handle, inFlight, type Pattern } from './contender.js'

export interface Side {
  readonly name: string
  /** Messages per second, many in flight. */
  rate(pattern: Pattern, messages: number): Promise<number>
  /** From call to handled, one in flight. */
  times(pattern: Pattern, messages: number): Promise<{ readonly p50Us: number; readonly p99Us: number }>
  close(): Promise<unknown>
}

/** A round that takes longer has lost a message. */
const patienceMs = 120_000

export async function sideOf(
  name: string,
  contender: Contender,
  patterns: readonly Pattern[],
): Promise<Side> {
  const arrivals = { queue: new Arrivals(), 'pub/sub': new Arrivals() }
  if (patterns.includes('queue')) await contender.work?.(arrivals.queue.handle)
  if (patterns.includes('pub/sub')) await contender.subscribe(arrivals['pub/sub'].handle)
  const call = (pattern: Pattern, job: Job): Promise<unknown> | undefined =>
    pattern === 'queue' ? contender.send?.(job) : contender.publish(job)

  return {
    name,
    async rate(pattern, messages) {
      const all = arrivals[pattern].expect(messages)
      const line = async (from: number): Promise<void> => {
        for (let at = from; at < messages; at += inFlight) await call(pattern, jobOf(firstJob + at))
      }
      const begun = performance.now()
      const lines = Array.from({ length: Math.min(inFlight, messages) }, (_, at) => line(at))
      await Promise.all([all, ...lines])
      return (messages * 1_000) / (arrivals[pattern].lastAt - begun)
    },
    async times(pattern, messages) {
      const times = new Float64Array(messages)
      for (let at = 0; at < messages; at += 1) {
        const one = arrivals[pattern].expect(1)
        const begun = performance.now()
        await Promise.all([one, call(pattern, jobOf(firstJob))])
        times[at] = (arrivals[pattern].lastAt - begun) * 1_000
      }
      times.sort()
      const percentile = (share: number): number => times[Math.floor(messages * share)] ?? Number.NaN
      return { p50Us: percentile(0.5), p99Us: percentile(0.99) }
    },
    close: () => contender.close(),
  }
}

/** Counts and adds up what came, so that a lost or doubled message spoils the round. */
class Arrivals {
  /** When the last of those that were expected was handled. */
  lastAt = 0
  private count = 0
  private sum = 0
  private wanted = 0
  private tell: () => void = () => {}

  readonly handle: Handle = ({ number }) => {
    this.count += 1
    this.sum += number - firstJob
    if (this.count !== this.wanted) return
    this.lastAt = performance.now()
    this.tell()
  }

  /** Resolves when so many have come, each number once. */
  async expect(messages: number): Promise<void> {
    this.count = 0
    this.sum = 0
    this.wanted = messages
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      this.tell = resolve
      const late = (): void => reject(new Error(`${this.count} of ${messages} came`))
      timer = setTimeout(late, patienceMs)
    }).finally(() => clearTimeout(timer))
    const right = (messages * (messages - 1)) / 2
    if (this.sum !== right)
      throw new Error(`the numbers of ${messages} messages add up to ${this.sum}, not ${right}`)
  }
}
