/** Real message servers for tests: `await startBroker('nats')`. */
export { brokerAvailable, brokerNames, startBroker } from './broker.mjs'
export { describeBroker } from './vitest.mjs'

/** @typedef {import('./broker.mjs').Broker} Broker */
/** @typedef {import('./broker.mjs').BrokerName} BrokerName */
/** @typedef {import('./broker.mjs').BrokerOptions} BrokerOptions */
