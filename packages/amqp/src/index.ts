/** Busbar on AMQP 1.0. */

export { amqp } from './amqp.js'
export type { AmqpOptions } from './options.js'
export { plan } from './plan.js'
