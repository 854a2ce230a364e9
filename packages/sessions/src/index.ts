export { createBullDoorbell, type BullDoorbellOptions } from './bullmq/bull-doorbell.ts'
export type { Doorbell } from './doorbell.ts'
export { createInProcessDoorbell, type InProcessDoorbellOptions } from './in-process-doorbell.ts'
export { holdLease, LeaseLost } from './lease.ts'
export { openRedis, type Redis, type RedisOptions } from './redis/open-redis.ts'
export { openRedisSessionStore, type RedisSessionStoreOptions } from './redis/redis-session-store.ts'
export {
  inboxMessageSchema,
  type InboxEntry,
  type InboxMessage,
  type Lease,
  type SessionChange,
  type SessionQuery,
  type SessionStore,
  type StoredSession,
} from './session-store.ts'
export { openSqliteSessionStore, type SqliteSessionStoreOptions } from './sqlite/sqlite-session-store.ts'
export { startSweeper, type Sweeper, type SweeperOptions } from './sweeper.ts'
