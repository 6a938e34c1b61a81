/** The verbs of a context: the same as those of the bus, with cause, correlation and trace of the message carried on. */

import type { AnyTopic } from '../topic.js'
import type { Message } from '../transport.js'
import type { GivenToRequest } from './call.js'
import type { CarriedVerbs, Core } from './core.js'
import { request } from './request.js'
import { type GivenToSend, send } from './send.js'

/** Gives the verbs that go on from `cause`; undefined: from nothing, which is what the bus itself offers. */
export function verbsFrom(core: Core, cause: Message | undefined): CarriedVerbs {
  const verbs = {
    publish: (topic: AnyTopic, value: unknown, options?: GivenToSend) =>
      send(core, 'publish', topic, value, options, cause),
    send: (topic: AnyTopic, value: unknown, options?: GivenToSend) =>
      send(core, 'send', topic, value, options, cause),
    append: (topic: AnyTopic, value: unknown, options?: GivenToSend) =>
      send(core, 'append', topic, value, options, cause),
    request: (topic: AnyTopic, value: unknown, options?: GivenToRequest) =>
      request(core, topic, value, options, cause),
  }
  // The generics of Bus tie topic, value and answer together for callers; behind them all topics are alike.
  return verbs as CarriedVerbs
}
