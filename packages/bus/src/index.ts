/** What users of Busbar import: contracts, the bus, and the memory wire. */

export { createBus } from './bus/create-bus.js'
export { isSettlement } from './bus/settlement.js'
export type {
  Bus,
  BusEvents,
  BusOptions,
  BusStatus,
  ConsumeOptions,
  Handled,
  Line,
  PublishOptions,
  Recorded,
  ReplayFrom,
  ReplayOptions,
  ReplyOptions,
  RequestOptions,
  SendOptions,
  StreamSubscribeOptions,
  SubscribeOptions,
  Subscription,
  Trouble,
} from './bus.js'
export type { Capabilities, Feature, Support } from './capabilities.js'
export type { Channel, Guarantees, Kind, Overflow, RetryPolicy } from './channel.js'
export { type Clock, systemClock, type Timer } from './clock.js'
export type { Context, ExchangeContext, MessageFacts, Settlement, StreamContext } from './context.js'
export { contract } from './contract/contract.js'
export { event, pair, queue, request, stream } from './contract/factories.js'
export type { DeadLetter, DeadLetters, RedriveOptions } from './dead-letters.js'
export { type BusErrorCode, errorTable, type SendOutcome } from './error-table.js'
export { BusError, type ErrorDetails, isBusError } from './errors.js'
export { isFailure } from './failure.js'
export type { ChannelState } from './manage.js'
export type { BrokerName } from './memory/broker-profiles.js'
export { type MemoryOptions, memory } from './memory/memory.js'
export type { BusMiddleware, Crossing } from './middleware.js'
export type { DeadReason, Failure, Issue } from './outcome.js'
export type {
  AnyTopic,
  Contract,
  EventTopic,
  PairTopic,
  QueueTopic,
  RequestTopic,
  StreamTopic,
} from './topic.js'
export type { Connect, Headers, LinkState, Receipt } from './transport.js'
