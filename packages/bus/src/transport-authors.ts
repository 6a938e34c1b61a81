/** What the author of a wire or a hub imports: the seam, its data, and the engine; users of a bus need none of it. */

export { checkAddress, checkPattern } from './address.js'
export { type Body, EncodedBody } from './body.js'
export { type Draft, type DraftHost, draftMessage } from './bus/draft.js'
export { requireChannel, requireFeature } from './bus/support.js'
export type { Options, PublishOptions, SendOptions } from './bus.js'
export { type Capabilities, type Feature, features, type Support } from './capabilities.js'
export type { Channel, Guarantees, Kind, Overflow, RetryPolicy } from './channel.js'
export { type Clock, systemClock, systemRandom, type Timer } from './clock.js'
export { matcher } from './engine/address-pattern.js'
export { createEngine } from './engine/create-engine.js'
export type { Claim, Engine, EngineAcceptor, EngineConsumer, EngineHost, Sink } from './engine/engine.js'
export type { EngineLimits } from './engine/limits.js'
export type {
  Facts,
  Journal,
  JournalOwner,
  JournalReader,
  Mark,
  Note,
  OpenedStore,
  OpenStore,
  Place,
  Store,
  Stored,
} from './engine/store.js'
export { type BusErrorCode, errorTable, type SendOutcome } from './error-table.js'
export { BusError, type BusErrorOptions, type ErrorDetails, isBusError } from './errors.js'
export { createIds, type MakeId } from './ids.js'
export type { Answer, ChannelState, Command, DeadLetterRecord } from './manage.js'
export { createFedConsumer, type FedConsumer } from './memory/fed-consumer.js'
export { memoryOn } from './memory/memory-on.js'
export { type DeadReason, done, type Failure, type Issue, type Outcome } from './outcome.js'
export { createSignalWatch, createUntilAborted, type UntilAborted, type WatchSignal } from './signal-watch.js'
export type { AnyTopic, Topic } from './topic.js'
export type {
  Accept,
  AcceptRequest,
  Closed,
  Connect,
  ConsumeRequest,
  Consumer,
  Deliver,
  Delivery,
  Exchange,
  Headers,
  Host,
  LinkState,
  MaybePromise,
  Message,
  OpenRequest,
  Part,
  Peer,
  PublishRequest,
  Receipt,
  Start,
  Transport,
} from './transport.js'
