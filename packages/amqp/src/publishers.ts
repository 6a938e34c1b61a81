/** One publisher for each address, and the marks by which the broker knows a message that is sent again. */

import { type BusError, createSignalWatch, type Host } from 'busbar/transport'
import { createCreditWatch } from './credit-watch.js'
import { ended } from './errors.js'
import type { Line, Tenant } from './line.js'
import type { Outgoing } from './messages.js'
import type { Settings } from './options.js'
import { type Backlog, Publisher } from './publisher.js'
import type { Wire } from './wire.js'

/** The broker drops a second message with the same value of it. */
const duplicateId = '_AMQ_DUPL_ID'

type Post = (
  address: string | undefined,
  message: Outgoing,
  bytes: number,
  /** Without a signal nobody gives up. */
  signal: AbortSignal | undefined,
) => Promise<void>

/** Each resolves when the broker has taken it; they differ in what becomes of a message that a cut met in flight. */
export interface Publishers extends Tenant {
  /** It is sent again and says so, since there may be two copies then. */
  readonly post: Post
  /** It is sent again, and the broker keeps one copy. */
  readonly postMarked: Post
  /** It is given up, since nobody may get it twice. */
  readonly postOnce: Post
  drained(): Promise<void>
}

export function createPublishers(host: Host, line: Line, settings: Settings): Publishers {
  const known = new Map<string, Publisher>()
  const backlog: Backlog = {
    maxMessages: settings.maxQueuedMessages,
    maxBytes: settings.maxQueuedBytes,
    messages: 0,
    bytes: 0,
  }
  // Two links of one service must not take each other's messages for their own.
  const origin = `${host.instance}/${host.clock.now().toString(36)}${Math.floor(host.random() * 2 ** 48).toString(36)}`
  let count = 0
  let over: BusError | undefined
  const publisherOf = (address: string | undefined, isResent: boolean): Publisher => {
    const place = `${isResent}${address ?? ''}`
    const found = known.get(place)
    if (found !== undefined) return found
    const watchCredit = createCreditWatch(host.clock, (isStarved) => line.starve(place, isStarved))
    const made = new Publisher({ address, isResent, backlog, watchCredit })
    if (line.wire !== undefined) made.up(line.wire)
    known.set(place, made)
    return made
  }
  // Once for all addresses, since most publishes share the signal of their bus.
  const watch = createSignalWatch((signal) => {
    for (const publisher of known.values()) publisher.abort(signal)
  })
  const send = (isResent: boolean, ...[address, message, bytes, signal]: Parameters<Post>): Promise<void> => {
    if (over !== undefined) return Promise.reject(ended(over, 'rejected'))
    if (signal !== undefined) watch(signal)
    return publisherOf(address, isResent).send(message, bytes, signal)
  }
  return {
    post: (...[address, message, bytes, signal]) => send(true, address, message, bytes, signal),
    postMarked(address, message, bytes, signal) {
      count += 1
      const properties = { ...message.application_properties, [duplicateId]: `${origin}/${count}` }
      return send(true, address, { ...message, application_properties: properties }, bytes, signal)
    },
    postOnce: (...[address, message, bytes, signal]) => send(false, address, message, bytes, signal),
    async drained() {
      await Promise.all([...known.values()].map((publisher) => publisher.drained()))
    },
    async onUp(wire: Wire) {
      for (const publisher of known.values()) publisher.up(wire)
    },
    onDown(reason) {
      for (const publisher of known.values()) publisher.down(reason)
    },
    onLost(error) {
      over = error
      for (const publisher of known.values()) publisher.failAll(error)
    },
  }
}
