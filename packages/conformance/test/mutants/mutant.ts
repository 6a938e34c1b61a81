/** What a deliberately broken transport is: memory() with one thing changed, and the chapters that must notice. */

import type { Channel, Connect, Deliver, Delivery, Guarantees, Host, Transport } from 'busbar/transport'

export interface Mutant {
  readonly name: string
  /** Exactly these chapters have failing cases. */
  readonly breaks: readonly string[]
  /** Called once for each world, so that a mutant may remember things across links. */
  readonly damage: () => (inner: Transport, host: Host, restarts: number) => Transport
  /** It runs on a store, and its world can be restarted. */
  readonly isStored?: true
  readonly interrupt?: () => Promise<void>
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

/** Damages what a connect function gives, in a world that was restarted so often. */
export function damageOf(mutant: Mutant): (connect: Connect, restarts?: number) => Connect {
  const damage = mutant.damage()
  return (connect, restarts = 0) =>
    async (host) =>
      damage(await connect(host), host, restarts)
}

/** Changes what is handed to handlers, or what comes back from them. */
export function delivering(
  inner: Transport,
  change: (deliver: Deliver, channel: Channel) => Deliver,
): Transport {
  return altered(inner, {
    consume: (request, deliver, signal) => inner.consume(request, change(deliver, request.channel), signal),
  })
}

/** Forgets guarantees of channels wherever they go. */
export function forgetting(inner: Transport, forget: (channel: Channel) => Partial<Guarantees>): Transport {
  // One object per channel, since transports may know channels by identity.
  const known = new WeakMap<Channel, Channel>()
  const without = (channel: Channel): Channel => {
    const found = known.get(channel)
    if (found !== undefined) return found
    const made = { ...channel, guarantees: { ...channel.guarantees, ...forget(channel) } }
    known.set(channel, made)
    return made
  }
  const into = <R extends { readonly channel: Channel }>(request: R): R => ({
    ...request,
    channel: without(request.channel),
  })
  return altered(inner, {
    declare: (channel, signal) => inner.declare(without(channel), signal),
    publish: (request, signal) => inner.publish(into(request), signal),
    consume: (request, deliver, signal) => inner.consume(into(request), deliver, signal),
    manage: (channel, command, signal) => inner.manage(without(channel), command, signal),
  })
}

/** The same delivery with other facts; `onLost` keeps its receiver. */
export function otherwise(delivery: Delivery, facts: Partial<Omit<Delivery, 'onLost'>>): Delivery {
  const { message, attempt, acquired, offset } = delivery
  return {
    message,
    attempt,
    ...(acquired !== undefined && { acquired }),
    ...(offset !== undefined && { offset }),
    ...facts,
    onLost: (fn) => delivery.onLost(fn),
  }
}
