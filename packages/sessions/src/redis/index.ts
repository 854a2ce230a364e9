/*
 * What a store on Redis is made of, for whoever keeps something else there.
 */
export { createListeners, type Listeners } from '../listeners.ts'
export { createAsker, type Asker } from './ask-redis.ts'
export type { RedisClient } from './open-redis.ts'
export { pingRedis } from './ping-redis.ts'
export { createScript, type Script } from './run-script.ts'
