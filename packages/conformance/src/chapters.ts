/** The table of contents of the suite. */

import type { Chapter } from './case.js'
import { backPressure } from './chapters/back-pressure.js'
import { busDelivery } from './chapters/bus-delivery.js'
import { busExchanges } from './chapters/bus-exchanges.js'
import { busSchemas } from './chapters/bus-schemas.js'
import { cancellation } from './chapters/cancellation.js'
import { cancelledRequests } from './chapters/cancelled-requests.js'
import { deadLetters } from './chapters/dead-letters.js'
import { dedupe } from './chapters/dedupe.js'
import { delay } from './chapters/delay.js'
import { durable } from './chapters/durable.js'
import { expiry } from './chapters/expiry.js'
import { groups } from './chapters/groups.js'
import { lifecycle } from './chapters/lifecycle.js'
import { limits } from './chapters/limits.js'
import { ordering } from './chapters/ordering.js'
import { pairs } from './chapters/pairs.js'
import { payloads } from './chapters/payloads.js'
import { priorities } from './chapters/priority.js'
import { publish } from './chapters/publish.js'
import { reconnect } from './chapters/reconnect.js'
import { reconnectedPairs } from './chapters/reconnected-pairs.js'
import { redelivery } from './chapters/redelivery.js'
import { requests } from './chapters/requests.js'
import { restarts } from './chapters/restarts.js'
import { retention } from './chapters/retention.js'
import { settlement } from './chapters/settlement.js'
import { streamGroups } from './chapters/stream-groups.js'
import { streamRestarts } from './chapters/stream-restarts.js'
import { streamedReplies } from './chapters/streamed-replies.js'
import { streams } from './chapters/streams.js'
import { subscribe } from './chapters/subscribe.js'
import { refusals } from './refusals.js'

/** From the simplest promise to the whole bus; the chapters on reconnecting last, since they disturb the broker. */
export const chapters: readonly Chapter[] = [
  lifecycle,
  publish,
  dedupe,
  subscribe,
  groups,
  settlement,
  redelivery,
  ordering,
  delay,
  priorities,
  expiry,
  deadLetters,
  requests,
  cancelledRequests,
  streamedReplies,
  streams,
  streamGroups,
  retention,
  pairs,
  backPressure,
  cancellation,
  limits,
  payloads,
  durable,
  busDelivery,
  busExchanges,
  busSchemas,
  refusals,
  reconnect,
  reconnectedPairs,
  restarts,
  streamRestarts,
]
