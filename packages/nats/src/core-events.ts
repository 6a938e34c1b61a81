/** Plain events on core NATS: published and forgotten, confirmed by the answer to the next ping. */

import { createPlainConsumer } from '@busbar/adapter'
import type { MsgHdrs } from '@nats-io/transport-node'
import { BusError, type ConsumeRequest, type Consumer, type Deliver, type Host } from 'busbar/transport'
import { away, checkSignal } from './errors.js'
import type { Flushes } from './flushes.js'
import type { Link, Session } from './link.js'
import { fromNats, toMessage } from './message.js'
import type { Names } from './names.js'
import { safely } from './safely.js'

export interface CoreEvents {
  /** Resolves when the server has taken it; whoever listens there has been sent it. */
  publish(subject: string, headers: MsgHdrs, data: Uint8Array, signal: AbortSignal): Promise<void>
  consume(request: ConsumeRequest, deliver: Deliver): Promise<Consumer & { abandon(): void }>
}

/** A publish whose confirmation is not there yet. */
interface Pending {
  readonly subject: string
  refusal: Error | undefined
}

export function createCoreEvents(
  link: Link,
  host: Host,
  names: Names,
  flushes: Flushes,
  makeId: () => string,
): CoreEvents {
  const pending = new Set<Pending>()
  link.use({
    up() {},
    denied(subject, error) {
      for (const one of pending) if (one.subject === subject) one.refusal = error
    },
  })

  return {
    async publish(subject, headers, data, signal) {
      const session = await link.ready()
      checkSignal(signal)
      try {
        session.nc.publish(subject, data, { headers })
      } catch (cause) {
        if (session.nc.isClosed()) throw away('rejected')
        throw new BusError('TOO_LARGE', 'The event and its headers are larger than the server allows.', {
          outcome: 'rejected',
          cause,
        })
      }
      const one: Pending = { subject, refusal: undefined }
      pending.add(one)
      try {
        await flushes.after(session)
      } catch {
        throw away('unknown')
      } finally {
        pending.delete(one)
      }
      if (one.refusal === undefined) return
      throw new BusError('PERMISSION_DENIED', `NATS does not let this user publish to ${subject}.`, {
        outcome: 'rejected',
        cause: one.refusal,
      })
    },
    async consume(request, deliver) {
      const { channel, group, pattern } = request
      const plain = await createPlainConsumer(host, request, deliver)
      let stop: () => void = () => {}
      let refusal: Error | undefined
      const take = safely((msg) => {
        const headers = fromNats(msg.headers)
        // Another topic whose name begins alike may have the same subjects.
        if ((headers['ce-type'] ?? channel.name) !== channel.name) return undefined
        const address = names.address(msg.subject)
        const arrived = { headers, data: msg.data, address, time: host.clock.now() }
        return plain.offer(toMessage(channel, arrived, makeId))
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
