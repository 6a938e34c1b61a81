/** What adapters of brokers share; users of a bus need none of it. */

export { type DialectOptions, HeaderDialect } from './dialect.js'
export {
  createExchanges,
  type ExchangeOptions,
  type Exchanges,
  type Frame,
  type Lanes,
  type OnOpening,
  packFrame,
  type Serving,
  unpackFrame,
} from './exchanges/index.js'
export { foreignId } from './foreign-id.js'
export {
  codecOf,
  mediaTypeOf,
  type RawMessage,
  readMessage,
  writeHeaders,
} from './headers.js'
export { createKeyLanes, type KeyLanes } from './key-lanes.js'
export {
  attemptHeader,
  firstFailureHeader,
  type LetterFacts,
  readFailure,
  readLetter,
  writeFailure,
  writeLetter,
} from './letters.js'
export { createPlainConsumer, type PlainConsumer } from './plain-events.js'
export {
  describePlan,
  differences,
  type Provision,
  type Provisioner,
  provision,
  type Resource,
  type Settings,
} from './provisioning.js'
export { createPump, type Pump, type Taken } from './pump.js'
export {
  createRecordLanes,
  type LogRecord,
  type RecordLanes,
  type TriedRecord,
} from './record-lanes.js'
