/** runWorkload(): fills a history through the public bus, over any transport, whatever is done to the hub meanwhile. */

import { createIds } from 'busbar/transport'
import { audit, redriveSome, settled } from './audit.js'
import { WorkloadConsumer } from './consumer.js'
import { produce } from './producer.js'
import { readAll } from './reader.js'
import { topicEvent } from './topics.js'
import { type HostOptions, WorkloadHost } from './workload-host.js'

export interface WorkloadOptions extends HostOptions {
  /** Default 4. */
  readonly producers?: number
  /** Default 4. */
  readonly consumers?: number
  /** Publishes of each producer; default without end, until `signal`. */
  readonly messages?: number
  /** The longest pause of a producer between two bursts of 8; default 2. */
  readonly pauseMs?: number
  /** The longest pause between two consumers that leave and come back; default 50. */
  readonly stirMs?: number
  /** How long everything may take to come to its end afterwards; default 60,000. Beyond it the history has no end. */
  readonly drainMs?: number
  /** Ends the publishing; what was published is handled and judged all the same. */
  readonly signal: AbortSignal
}

/**
 * Publishes, handles, and at the end writes down what is left, so that `check` can judge the history. Rejects only
 * when the transport cannot be used at all; everything else is in the history.
 */
export async function runWorkload(options: WorkloadOptions): Promise<void> {
  const { clock, random, signal, drainMs = 60_000 } = options
  const host = new WorkloadHost(options)
  for (const topic of host.topics) host.write('harness', topicEvent(topic))
  const consumers = Array.from(
    { length: options.consumers ?? 4 },
    (_, index) => new WorkloadConsumer(host, `c${index}`, index === 0),
  )
  for (const consumer of consumers) await consumer.start()
  const bus = await host.bus('reader', 0)
  const ending = new AbortController()
  const reading = readAll(host, bus, 'reader', ending.signal)
  const producing = new AbortController()
  const stirring = stirAll(host, consumers, producing.signal, options.stirMs ?? 50)
  await Promise.all(
    Array.from({ length: options.producers ?? 4 }, async (_, index) => {
      const name = `p${index}`
      await using own = await host.bus(name)
      const { messages = Number.POSITIVE_INFINITY, pauseMs = 2 } = options
      const makeId = createIds(clock, random)
      await produce(host, own, { name, makeId, messages, pauseMs, stop: signal })
    }),
  )
  producing.abort()
  await stirring
  host.isCalm = true
  const until = clock.monotonic() + drainMs
  let isComplete = await settled(host, bus, until)
  if (isComplete) {
    await host.insist(() => redriveSome(host, bus))
    isComplete = await settled(host, bus, until)
  }
  for (const consumer of consumers) await consumer.stop()
  await audit(host, bus, isComplete)
  ending.abort()
  await reading
  await bus.close()
}

async function stirAll(
  host: WorkloadHost,
  consumers: readonly WorkloadConsumer[],
  stop: AbortSignal,
  stirMs: number,
): Promise<void> {
  while (!stop.aborted) {
    await host.pause(host.options.random() * stirMs)
    await consumers[host.below(consumers.length)]?.stir()
  }
}
