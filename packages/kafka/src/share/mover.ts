/** Moves records of a `later` topic to where they are consumed, each when it is due. */

import type { Channel, Timer } from 'busbar/transport'
import { batchBytesOf, type KafkaLink } from '../link.js'
import { dueHeader } from '../settle.js'
import { type Acquired, readShared, type ShareReader } from './share-reader.js'

/** So many are watched at a time by one mover; those behind them wait until one has gone. */
const window = 500
/** The broker gives a record up after five acquisitions; it is written anew before. */
const mostDeliveries = 4

/** Runs until it is stopped; what it holds then goes to the movers of other links. */
export async function startMover(
  link: KafkaLink,
  channel: Channel,
  group: string | undefined,
  failed: (error: unknown) => void,
): Promise<ShareReader> {
  const { host, cluster, names, producer } = link
  const [later, again] = [names.later(channel.name, group), names.again(channel.name, group)]
  const timers = new Set<Timer>()
  let moving = 0

  const send = (one: Acquired, topic: string, isDue: boolean): void => {
    const { key, value, headers } = one.record
    const kept = Object.entries(headers).filter(([name]) => !isDue || name !== dueHeader)
    const copy = { key: key ?? undefined, value, headers: Object.fromEntries(kept) }
    moving += 1
    producer
      .send(topic, copy, { batchBytes: batchBytesOf(channel) })
      .then(() => one.accept(), failed)
      .finally(() => {
        moving -= 1
        reader.wake()
      })
  }

  const schedule = (one: Acquired): void => {
    const due = Number(one.record.headers[dueHeader] ?? 0)
    const wait = due - host.clock.now()
    if (!(wait > 0)) send(one, again, true)
    else if (one.deliveries >= mostDeliveries) send(one, later, false)
    else {
      const timer = host.clock.after(wait, () => {
        timers.delete(timer)
        send(one, again, true)
      })
      timers.add(timer)
    }
  }

  const clear = (): void => {
    for (const timer of timers) timer.cancel()
    timers.clear()
  }
  const reader = await readShared(host, cluster, {
    group: names.movers(channel.name, group),
    topics: [later],
    room: () => window - timers.size - moving,
    acquired: schedule,
    lost: clear,
    failed,
  })
  return {
    wake: () => reader.wake(),
    stop() {
      clear()
      return reader.stop()
    },
    abandon() {
      clear()
      return reader.abandon()
    },
  }
}
