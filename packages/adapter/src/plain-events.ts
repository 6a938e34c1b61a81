/** Plain events behind a broker that forgets: the buffer of each consumer, its overflow and its gaps, in this process. */

import {
  type Channel,
  type ConsumeRequest,
  type Consumer,
  createEngine,
  type Deliver,
  type Host,
  type MaybePromise,
  type Message,
  memoryOn,
} from 'busbar/transport'

/** One consumer and the door through which the adapter hands it what came. */
export interface PlainConsumer {
  readonly consumer: Consumer
  /**
   * Takes a message whose address the broker or the adapter has matched; a promise where the policy is to block. Never
   * rejects: what comes after the end is dropped.
   */
  offer(message: Message): MaybePromise<unknown>
  /** Ends without waiting for handlers. */
  abandon(): void
}

const forever = new AbortController().signal

/**
 * Gives a consumer that buffers as `request.buffer` says: what does not fit is dropped and told by `onGap`, or ends it
 * with SLOW_CONSUMER. The pattern is checked again, for brokers whose own matching is coarser.
 */
export async function createPlainConsumer(
  host: Host,
  request: ConsumeRequest,
  deliver: Deliver,
): Promise<PlainConsumer> {
  const soon = Promise.resolve()
  const engine = createEngine({
    clock: host.clock,
    random: host.random,
    defer: (fn) => void soon.then(fn),
  })
  // What the broker has carried is not too large for this process.
  const transport = await memoryOn(engine, { maxMessageBytes: Number.POSITIVE_INFINITY })(host)
  const channel = plain(request.channel)
  await transport.declare(channel, forever)
  // The group is the broker's business: whatever comes here is for this consumer.
  const consumer = await transport.consume({ ...request, channel, group: undefined }, deliver, forever)
  let isOver = false
  return {
    consumer,
    // Brokers still deliver for a while after the end: that is nobody's and no error.
    offer: (message) => (isOver ? undefined : transport.publish({ channel, message }, forever)),
    abandon() {
      isOver = true
      void transport.close(AbortSignal.abort())
    },
  }
}

function plain(channel: Channel): Channel {
  const guarantees = { ...channel.guarantees, tracked: false, durable: false, dedupeMs: undefined }
  return { ...channel, kind: 'event', guarantees }
}
