/** Busbar on RabbitMQ: exchanges, quorum queues, publisher confirms. */

export { describePlan, type Provision, type Resource } from '@busbar/adapter'
export type { RabbitmqOptions } from './options.js'
export { type PlanOptions, plan } from './plan.js'
export { rabbitmq } from './rabbitmq.js'
