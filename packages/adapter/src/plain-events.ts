/** Plain events behind a broker that forgets: the buffer of each consumer, its overflow and its gaps, in this process. */

import {
  type ConsumeRequest,
  createFedConsumer,
  type Deliver,
  type FedConsumer,
  type Host,
  matcher,
} from 'busbar/transport'

/** One consumer and the door through which the adapter hands it what came. */
export type PlainConsumer = FedConsumer

/**
 * Gives a consumer that buffers as `request.buffer` says: what does not fit is dropped and told by `onGap`, or ends it
 * with SLOW_CONSUMER. Messages come in by `offer`; the pattern is checked again, for brokers whose own matching is
 * coarser. The group is the broker's business: whatever comes here is for this consumer.
 */
export async function createPlainConsumer(
  host: Host,
  request: ConsumeRequest,
  deliver: Deliver,
): Promise<PlainConsumer> {
  const matches = matcher(request.pattern)
  const fed = createFedConsumer(host.clock, request, deliver)
  return {
    ...fed,
    offer: (message) => (matches(message.address) ? fed.offer(message) : undefined),
  }
}
