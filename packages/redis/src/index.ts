/** Busbar on Redis. */

export type { RedisOptions } from './options.js'
export { planRedis } from './plan.js'
export { redis } from './redis.js'
