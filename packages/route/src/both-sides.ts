/** One consumer over two wires: handles what is real on either, puts shadows away, and compares. */

import {
  type BusErrorCode,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  type Delivery,
  done,
  type MaybePromise,
  type Outcome,
  type Transport,
} from 'busbar/transport'
import type { GroupComparison } from './comparison.js'

/** Marks a copy whose original is on the other wire. */
export const shadowHeader = 'busbar-shadow'

/** Consumes on all of `wires` as one; when one of them ends by itself, all end. */
export async function consumeBoth(
  wires: readonly Transport[],
  request: ConsumeRequest,
  deliver: Deliver,
  compare: GroupComparison,
  signal: AbortSignal,
): Promise<Consumer> {
  const limited = limit(request.concurrency, (delivery) => {
    if (delivery.attempt === 1) compare.saw(delivery.message, 'real')
    return deliver(delivery)
  })
  const sort: Deliver = (delivery) => {
    if (delivery.message.headers[shadowHeader] === undefined) return limited(delivery)
    compare.saw(delivery.message, 'shadow')
    return done
  }
  const opened = await Promise.allSettled(wires.map((wire) => wire.consume(request, sort, signal)))
  const consumers = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const closeAll = async (): Promise<void> => {
    const ends = await Promise.allSettled(consumers.map((consumer) => consumer.close()))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }
  const refused = opened.find((one) => one.status === 'rejected')
  if (refused !== undefined) {
    await closeAll().catch(() => undefined)
    throw refused.reason
  }
  return { ended: endOf(consumers, closeAll), close: closeAll }
}

/** Resolves when all have ended; the first reason counts, and an end for a reason ends the others. */
async function endOf(
  consumers: readonly Consumer[],
  closeAll: () => Promise<void>,
): Promise<BusErrorCode | undefined> {
  const reasons = await Promise.all(
    consumers.map(async ({ ended }) => {
      const reason = await ended
      // Nobody asked for this end, so nobody hears what its closing rejects with.
      if (reason !== undefined) await closeAll().catch(() => undefined)
      return reason
    }),
  )
  return reasons.find((reason) => reason !== undefined)
}

/** Each wire hands over up to `concurrency`; together they must not be more. */
function limit(concurrency: number, deliver: Deliver): Deliver {
  let running = 0
  const waiting: (() => void)[] = []
  const leave = (outcome: Outcome): Outcome => {
    running -= 1
    waiting.shift()?.()
    return outcome
  }
  const enter = (delivery: Delivery): MaybePromise<Outcome> => {
    running += 1
    const outcome = deliver(delivery)
    return 'kind' in outcome ? leave(outcome) : outcome.then(leave)
  }
  return (delivery) => {
    if (running < concurrency) return enter(delivery)
    return new Promise<void>((resolve) => waiting.push(resolve)).then(() => enter(delivery))
  }
}
