export type {
  ExchangeOptions,
  Exchanges,
  Frame,
  Lanes,
  OnOpening,
  Serving,
} from './lanes.js'
