/** Makes a bus: checks its options, opens the transport, and puts the verbs together. */

import type {
  Bus,
  BusOptions,
  ConsumeOptions,
  ReplayOptions,
  ReplyOptions,
  StreamSubscribeOptions,
} from '../bus.js'
import { systemClock, systemRandom } from '../clock.js'
import { createDeadlines } from '../engine/exchange-deadlines.js'
import { createIds } from '../ids.js'
import { AbortCalls } from '../signal-watch.js'
import type { AnyTopic } from '../topic.js'
import { type AnyAccepter, accept } from './accept.js'
import { checkBusOptions } from './bus-options.js'
import type { GivenToRequest } from './call.js'
import { verbsFrom } from './carry.js'
import { createCloser } from './close.js'
import { consume } from './consume.js'
import type { Core } from './core.js'
import { deadLetters } from './dead-letters.js'
import { declareContract, inspect, purge } from './declare.js'
import type { AnyHandler } from './deliver.js'
import { dial } from './dial.js'
import { Door } from './door.js'
import { createKnownTopics } from './known-topics.js'
import { replay } from './replay.js'
import { type AnyReplier, reply } from './reply.js'
import { createStatus } from './status.js'

/**
 * Gives a bus that is connected. INVALID_OPTION for a bad option; what the transport says when it cannot connect
 * (UNREACHABLE, AUTH_FAILED, VERSION_UNSUPPORTED).
 */
export async function createBus(options: BusOptions): Promise<Bus> {
  checkBusOptions(options)
  const { service, clock = systemClock, random = systemRandom, middleware = [] } = options
  const makeId = createIds(clock, random)
  const instance = makeId()
  const status = createStatus()
  const transport = await options.transport({
    service,
    instance,
    clock,
    random,
    onState: (state, reason) => status.move(state, reason),
  })
  const life = new AbortController()
  const core: Core = {
    service,
    instance,
    clock,
    random,
    makeId,
    transport,
    middleware: [...middleware],
    topics: createKnownTopics({
      service,
      transport,
      strict: options.contracts === 'strict',
      life: life.signal,
    }),
    status,
    door: new Door(),
    deadlines: createDeadlines(clock),
    life: life.signal,
    aborts: new AbortCalls(),
    open: new Set(),
    causedBy: (message) => verbsFrom(core, message),
  }
  return assemble(core, createCloser(core, life, options.drainTimeoutMs ?? 10_000))
}

function assemble(core: Core, close: () => Promise<void>): Bus {
  const bus = {
    service: core.service,
    instance: core.instance,
    status: core.status,
    ...verbsFrom(core, undefined),
    subscribe: (topic: AnyTopic, handler: AnyHandler, options?: StreamSubscribeOptions<string>) =>
      consume(core, 'subscribe', topic, handler, options),
    work: (topic: AnyTopic, handler: AnyHandler, options?: ConsumeOptions<string>) =>
      consume(core, 'work', topic, handler, options),
    reply: (topic: AnyTopic, handler: AnyReplier, options?: ReplyOptions<string>) =>
      reply(core, topic, handler, options),
    replay: (topic: AnyTopic, options?: ReplayOptions<string>) => replay(core, topic, options),
    dial: (topic: AnyTopic, options?: GivenToRequest) => dial(core, topic, options),
    accept: (topic: AnyTopic, handler: AnyAccepter, options?: ReplyOptions<string>) =>
      accept(core, topic, handler, options),
    deadLetters: (topic: AnyTopic) => deadLetters(core, topic),
    inspect: (topic: AnyTopic) => inspect(core, topic),
    purge: (topic: AnyTopic) => purge(core, topic),
    declare: (contract: Readonly<Record<string, AnyTopic>>) => declareContract(core, contract),
    close,
    [Symbol.asyncDispose]: close,
  }
  // The generics of Bus tie topic, value and handler together for callers; behind them all topics are alike.
  return Object.freeze(bus) as Bus
}
