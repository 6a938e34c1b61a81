/** Requests and pairs over the lanes of a broker: what adapters import. */

export { createExchanges } from './create-exchanges.js'
export type {
  ExchangeOptions,
  Exchanges,
  Frame,
  Lanes,
  OnOpening,
  Serving,
} from './lanes.js'
export { packFrame, unpackFrame } from './pack-frame.js'
