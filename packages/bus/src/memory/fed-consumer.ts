/** A consumer of plain events that is handed its messages by whoever has them: the buffer of a group, without an engine. */

import type { Clock } from '../clock.js'
import { defaultLimits } from '../engine/limits.js'
import { createPlainGroup, defaultBuffer } from '../engine/plain-group.js'
import { createTally } from '../engine/tally.js'
import type { ConsumeRequest, Consumer, Deliver, MaybePromise, Message } from '../transport.js'
import { createMemoryConsumer } from './memory-consumer.js'

/** One consumer and the door through which its messages come. */
export interface FedConsumer {
  readonly consumer: Consumer
  /** Takes any message; a promise where the policy is to block. Never rejects: what comes after the end is dropped. */
  offer(message: Message): MaybePromise<void>
  /** Ends without waiting for handlers. */
  abandon(): void
}

/** Gives a consumer that buffers as `request.buffer` says. Its pattern and its group are for the caller to look at. */
export function createFedConsumer(clock: Clock, request: ConsumeRequest, deliver: Deliver): FedConsumer {
  const soon = Promise.resolve()
  const host = { limits: defaultLimits, defer: (fn: () => void) => void soon.then(fn) }
  const group = createPlainGroup(host, createTally(), () => undefined)
  const source = {
    consume: ({ buffer = defaultBuffer }: ConsumeRequest, sink: Parameters<typeof group.join>[0]) =>
      group.join(sink, buffer),
    flushed: () => Promise.resolve(),
  }
  const consumer = createMemoryConsumer(source, clock, request, deliver, () => undefined)
  return {
    consumer,
    offer(message) {
      if (group.members === 0) return undefined
      if (group.accepts) return group.offer(message)
      request.onGap({ count: 1 })
      return undefined
    },
    abandon: () => consumer.abandon(),
  }
}
