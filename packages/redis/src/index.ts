/** Busbar on Redis. */

export type { RedisOptions } from './options.js'
export { plan } from './plan.js'
export { redis } from './redis.js'
