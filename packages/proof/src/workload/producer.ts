/** One producer: publishes to every topic, several at a time, and goes on whatever becomes of them. */

import { type AnyTopic, type Bus, isBusError, type Receipt } from 'busbar'
import type { MakeId } from 'busbar/transport'
import { hashOf, type Payload, payloadOf } from './payload.js'
import type { WorkloadHost } from './workload-host.js'

export interface ProducerOptions {
  readonly name: string
  readonly makeId: MakeId
  /** Publishes at most; without end if it is infinite. */
  readonly messages: number
  /** The longest pause between two bursts. */
  readonly pauseMs: number
  readonly stop: AbortSignal
}

/** How one publish is made. */
interface Call {
  readonly topic: AnyTopic
  readonly payload: Payload
  readonly key: string | undefined
  readonly late: boolean
  readonly post: (options: { readonly id: string }) => Promise<Receipt>
}

/** Publishes that may be without an answer at a time. */
const inFlight = 32
const burst = 8
const keys = 12

/** Resolves when it was stopped and every publish has an answer; the bus stays open. */
export async function produce(host: WorkloadHost, bus: Bus, options: ProducerOptions): Promise<void> {
  const { name, makeId, messages, pauseMs, stop } = options
  const open = new Set<Promise<void>>()
  for (let counter = 0; counter < messages && !stop.aborted; counter++) {
    const call = nextCall(host, bus, `${name}-${counter}`)
    if (!host.has(call.topic)) continue
    const ending = publish(host, name, call, makeId(), stop)
    open.add(ending)
    void ending.then(() => open.delete(ending))
    if (open.size >= inFlight) await Promise.race(open)
    if (counter % burst === burst - 1) await host.pause(host.options.random() * pauseMs)
  }
  await Promise.all(open)
}

function nextCall(host: WorkloadHost, bus: Bus, value: string): Call {
  const { jobs, lanes, notices, ticks, log } = host.options.topics
  const payload = payloadOf(value, `k${host.below(keys)}`)
  const { key } = payload
  const plain = { payload, key: undefined, late: false }
  const dice = host.options.random()
  if (dice < 0.35) {
    const late = host.chance(0.05)
    const delay = late ? { delayMs: 1 + host.below(30) } : {}
    return { ...plain, topic: jobs, late, post: ({ id }) => bus.send(jobs, payload, { id, ...delay }) }
  }
  if (dice < 0.6) return { ...plain, topic: lanes, key, post: ({ id }) => bus.send(lanes, payload, { id }) }
  if (dice < 0.75)
    return { ...plain, topic: notices, post: ({ id }) => bus.publish(notices, payload, { id }) }
  if (dice < 0.85) return { ...plain, topic: ticks, post: ({ id }) => bus.publish(ticks, payload, { id }) }
  return { ...plain, topic: log, post: ({ id }) => bus.append(log, payload, { id }) }
}

/** Publishes once; when nobody knows what became of it, maybe once more under the same id. */
async function publish(
  host: WorkloadHost,
  process: string,
  call: Call,
  id: string,
  stop: AbortSignal,
): Promise<void> {
  const { payload, key, late, post } = call
  const { name: topic, channel } = call.topic
  const { value } = payload
  for (;;) {
    host.write(process, {
      op: 'publish',
      type: 'invoke',
      topic,
      id,
      value,
      hash: hashOf(payload),
      ...(key !== undefined && { key }),
      ...(late && { late }),
    })
    try {
      const { level, offset, duplicate } = await post({ id })
      const place = offset === undefined ? {} : { offset }
      const first = duplicate === true ? { duplicate } : {}
      host.write(process, { op: 'publish', type: 'ok', topic, id, level, ...place, ...first })
      return
    } catch (error) {
      const isRefused = isBusError(error) && error.outcome === 'rejected'
      const code = isBusError(error) ? error.code : String(error)
      host.write(process, { op: 'publish', type: isRefused ? 'fail' : 'unknown', topic, id, code })
      // Where ids are not told apart, another try would be another message.
      const mayTryAgain = !isRefused && channel.guarantees.dedupeMs !== undefined
      if (stop.aborted || !mayTryAgain || host.chance(0.3)) return
      await host.pause(10 + host.below(50))
    }
  }
}
