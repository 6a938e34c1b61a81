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
import { HeaderReader, HeaderWriter } from './header-block.js'
import type { Link, Session } from './link.js'
import { toMessage } from './message.js'
import type { Names } from './names.js'
import { type Payload, Publication } from './publication.js'
import { safely } from './safely.js'
import type { HeaderRecord } from './wire-headers.js'

export interface PlainEvent {
  readonly id: string
  readonly subject: string
  readonly headers: HeaderRecord
  readonly data: Payload
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
  /** Settles once all that was sent is. */
  readonly over: Promise<void>
  readonly sent: Sent[]
  /** By subject: what the server would not take. */
  readonly refusals: Map<string, Error>
}

interface Sent {
  readonly id: string
  readonly subject: string
  resolve(receipt: Receipt): void
  reject(error: BusError): void
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
  const writer = new HeaderWriter()
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
    const sent: Sent[] = []
    const refusals = new Map<string, Error>()
    // A refusal comes before the answer, but reaches `denied` some microtasks later.
    const confirmed = flushed.then(() => new Promise<void>((resolve) => process.nextTick(resolve)))
    const end = (settle: (one: Sent) => void): void => {
      batches.delete(batch)
      waiting -= sent.length
      for (const one of sent) settle(one)
    }
    const over = confirmed.then(
      () => end((one) => receipt(one, refusals.get(one.subject))),
      // Nobody can say any more what became of it.
      () => end(({ reject }) => reject(away('unknown'))),
    )
    const batch: Batch = { flushed, over, sent, refusals }
    batches.add(batch)
    last = batch
    return batch
  }
  const receipt = ({ id, subject, resolve, reject }: Sent, cause: Error | undefined): void => {
    if (cause === undefined) resolve({ id, level: 'accepted' })
    else {
      const what = `NATS does not let this user publish to ${subject}.`
      reject(new BusError('PERMISSION_DENIED', what, { outcome: 'rejected', cause }))
    }
  }
  const send = (session: Session, { id, subject, headers, data }: PlainEvent): Promise<Receipt> => {
    const batch = batchOf(session)
    try {
      new Publication(writer, subject, headers, data).send(session.nc)
    } catch (cause) {
      throw session.nc.isClosed() ? away('rejected') : sendError(cause)
    }
    waiting += 1
    return new Promise((resolve, reject) => {
      batch.sent.push({ id, subject, resolve, reject })
    })
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
        await Promise.allSettled([link.ready(), ...[...batches].map(({ over }) => over)])
      }
    },
    async consume(request, deliver) {
      const { channel, group, pattern } = request
      const plain = await createPlainConsumer(host, request, deliver)
      let stop: () => void = () => {}
      let refusal: Error | undefined
      const reader = new HeaderReader()
      const take = safely((msg) => {
        const headers = reader.of(msg)
        // Another topic whose name begins alike may have the same subjects.
        if ((headers['ce-type'] ?? channel.name) !== channel.name) return undefined
        const address = () => names.address(msg.subject)
        const arrived = { headers, data: msg.data, address, makeId, time: () => host.clock.now() }
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
