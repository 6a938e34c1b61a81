/** Plain events on core NATS: published and forgotten, confirmed by the answer to the next ping. */

import { createPlainConsumer } from '@busbar/adapter'
import {
  BusError,
  type ConsumeRequest,
  type Consumer,
  type Deliver,
  type Host,
  type Receipt,
} from 'busbar/transport'
import { away, checkSignal, queueFull, sendError } from './errors.js'
import type { Flushes } from './flushes.js'
import type { Link, Session } from './link.js'
import { toMessage } from './message.js'
import type { Names } from './names.js'
import { safely } from './safely.js'
import { headersOf, WireHeaders } from './wire-headers.js'

export interface PlainEvent {
  readonly id: string
  readonly subject: string
  readonly headers: Record<string, string>
  readonly data: Uint8Array
}

export interface CoreEvents {
  /** Resolves when the server has taken it; whoever listens there has been sent it. */
  publish(event: PlainEvent, signal: AbortSignal): Promise<Receipt>
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  consume(request: ConsumeRequest, deliver: Deliver): Promise<Consumer & { abandon(): void }>
}

/** What one ping confirms. */
interface Batch {
  readonly flushed: Promise<void>
  /** Rejects when nobody can say any more what became of it. */
  readonly confirmed: Promise<void>
  size: number
  /** By subject: what the server would not take. */
  readonly refusals: Map<string, Error>
}

export function createCoreEvents(
  link: Link,
  host: Host,
  names: Names,
  flushes: Flushes,
  limits: { readonly maxWaiting: number },
  makeId: () => string,
): CoreEvents {
  const batches = new Set<Batch>()
  let last: Batch | undefined
  let waiting = 0
  link.use({
    up() {},
    denied(subject, error) {
      for (const { refusals } of batches) refusals.set(subject, error)
    },
  })
  const batchOf = (session: Session): Batch => {
    const flushed = flushes.after(session)
    if (last?.flushed === flushed) return last
    // A refusal comes before the answer, but reaches `denied` some microtasks later.
    const confirmed = flushed.then(() => new Promise<void>((resolve) => process.nextTick(resolve)))
    const batch: Batch = { flushed, confirmed, size: 0, refusals: new Map() }
    const over = (): void => {
      batches.delete(batch)
      waiting -= batch.size
    }
    confirmed.then(over, over)
    batches.add(batch)
    last = batch
    return batch
  }
  const send = (session: Session, { id, subject, headers, data }: PlainEvent): Promise<Receipt> => {
    const batch = batchOf(session)
    try {
      session.nc.publish(subject, data, { headers: new WireHeaders(headers) })
    } catch (cause) {
      throw session.nc.isClosed() ? away('rejected') : sendError(cause)
    }
    batch.size += 1
    waiting += 1
    return batch.confirmed.then(
      () => {
        const cause = batch.refusals.get(subject)
        if (cause === undefined) return { id, level: 'accepted' }
        throw new BusError('PERMISSION_DENIED', `NATS does not let this user publish to ${subject}.`, {
          outcome: 'rejected',
          cause,
        })
      },
      () => {
        throw away('unknown')
      },
    )
  }
  const later = async (event: PlainEvent, signal: AbortSignal): Promise<Receipt> => {
    waiting += 1
    const session = await link.ready().finally(() => {
      waiting -= 1
    })
    checkSignal(signal)
    return send(session, event)
  }

  return {
    publish(event, signal) {
      if (waiting >= limits.maxWaiting) return Promise.reject(queueFull(limits.maxWaiting))
      const { session } = link
      if (session === undefined || session.nc.isClosed()) return later(event, signal)
      try {
        return send(session, event)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async idle() {
      while (waiting > 0) {
        await Promise.allSettled([link.ready(), ...[...batches].map(({ confirmed }) => confirmed)])
      }
    },
    async consume(request, deliver) {
      const { channel, group, pattern } = request
      const plain = await createPlainConsumer(host, request, deliver)
      let stop: () => void = () => {}
      let refusal: Error | undefined
      const take = safely((msg) => {
        const headers = headersOf(msg)
        // Another topic whose name begins alike may have the same subjects.
        if ((headers['ce-type'] ?? channel.name) !== channel.name) return undefined
        const address = names.address(msg.subject)
        const arrived = { headers, data: msg.data, address, makeId, time: host.clock.now() }
        return plain.offer(toMessage(channel, arrived))
      })
      const begin = ({ nc }: Session): void => {
        const subscription = nc.subscribe(names.filter(pattern), {
          ...(group !== undefined && { queue: group }),
          callback(error, msg) {
            if (error !== null) refusal = error
            else take(error, msg)
          },
        })
        stop = () => subscription.unsubscribe()
      }
      const session = await link.ready()
      const unuse = link.use({ up: begin })
      begin(session)
      await session.flush().catch(() => undefined)
      const leave = (): void => {
        unuse()
        if (link.session !== undefined) stop()
      }
      if (refusal !== undefined) {
        leave()
        plain.abandon()
        const what = `NATS does not let this user subscribe to ${names.filter(pattern)}.`
        throw new BusError('PERMISSION_DENIED', what, { cause: refusal })
      }
      void plain.consumer.ended.then(leave)
      return {
        ended: plain.consumer.ended,
        close() {
          leave()
          return plain.consumer.close()
        },
        abandon() {
          leave()
          plain.abandon()
        },
      }
    },
  }
}
