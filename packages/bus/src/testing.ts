/** What tests import: a bus on virtual time that knows when everything a message caused is done. */

export type { Ending } from './testing/ledger.js'
export { ManualClock } from './testing/manual-clock.js'
export type { SettleOptions } from './testing/settle.js'
export { createTestBus, type HandledValue, type TestBus, type TestBusOptions } from './testing/test-bus.js'
