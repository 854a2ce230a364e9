export { createMemoryBreakers, type MemoryBreakersOptions } from './memory-breakers.ts'
export { createRedisBreakers, type RedisBreakersOptions } from './redis-breakers.ts'
