/** Busbar over Amazon SQS. */

export type { SqsOptions } from './options.js'
export { plan } from './plan.js'
export type { SqsCredentials } from './server-address.js'
export { sqs } from './sqs.js'
