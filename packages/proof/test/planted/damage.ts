/** What a planted bug is: a transport with one thing broken, and the rule that must find it. */

import type {
  Channel,
  Connect,
  Deliver,
  Delivery,
  PublishRequest,
  Receipt,
  Transport,
} from 'busbar/transport'
import type { Rule } from '../../src/index.js'

export interface Planted {
  readonly name: string
  /** The checker must say this; it may say more. */
  readonly breaks: Rule
  /** Called once for each run, so that a bug may remember things across links. */
  readonly damage: () => (inner: Transport) => Transport
}

/** A transport that does as `inner` does but for `changes`. */
export function altered(inner: Transport, changes: Partial<Transport>): Transport {
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    declare: (...given) => inner.declare(...given),
    publish: (...given) => inner.publish(...given),
    consume: (...given) => inner.consume(...given),
    open: (...given) => inner.open(...given),
    accept: (...given) => inner.accept(...given),
    manage: (...given) => inner.manage(...given),
    close: (...given) => inner.close(...given),
    ...changes,
  }
}

export function damaged(connect: Connect, { damage }: Planted): Connect {
  const damageOne = damage()
  return async (host) => damageOne(await connect(host))
}

type Publish = (request: PublishRequest) => Promise<Receipt>

/** Does something else with every n-th publish of the topics it is about. */
export function everyPublish(
  n: number,
  isAbout: (channel: Channel) => boolean,
  instead: (publish: Publish, request: PublishRequest) => Promise<Receipt>,
): Planted['damage'] {
  return () => {
    let count = 0
    return (inner) =>
      altered(inner, {
        publish(request, signal) {
          if (!isAbout(request.channel)) return inner.publish(request, signal)
          count += 1
          if (count % n !== 0) return inner.publish(request, signal)
          return instead(async (one) => inner.publish(one, signal), request)
        },
      })
  }
}

/** Changes what is handed to handlers, or what comes back from them. */
export const delivering = (
  inner: Transport,
  change: (deliver: Deliver, channel: Channel) => Deliver,
): Transport =>
  altered(inner, {
    consume: (request, deliver, signal) => inner.consume(request, change(deliver, request.channel), signal),
  })

/** The same delivery whose loss is heard by somebody else, too. */
export function overheard(delivery: Delivery, onLost: () => void): Delivery {
  const { message, attempt, offset } = delivery
  let tell = (): void => {}
  delivery.onLost(() => {
    onLost()
    tell()
  })
  return {
    message,
    attempt,
    ...(offset !== undefined && { offset }),
    onLost(fn) {
      tell = fn
    },
  }
}

/** Channels without their dedupe windows, wherever they go. */
export function forgettingIds(inner: Transport): Transport {
  const known = new WeakMap<Channel, Channel>()
  const without = (channel: Channel): Channel => {
    const found = known.get(channel)
    if (found !== undefined) return found
    const made = { ...channel, guarantees: { ...channel.guarantees, dedupeMs: undefined } }
    known.set(channel, made)
    return made
  }
  return altered(inner, {
    declare: (channel, signal) => inner.declare(without(channel), signal),
    publish: (request, signal) => inner.publish({ ...request, channel: without(request.channel) }, signal),
    consume: (request, deliver, signal) =>
      inner.consume({ ...request, channel: without(request.channel) }, deliver, signal),
    manage: (channel, command, signal) => inner.manage(without(channel), command, signal),
  })
}
