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
