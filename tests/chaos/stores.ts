import { startRedis, temporaryFolder, type RedisServer } from '@signalbox/testing'

/** A store of one story's own, empty, and how orchestrators are told of it. */
export interface Place {
  readonly environment: Record<string, string>
  /** Where the store is a Redis: its server, to be done ill to. */
  readonly redis?: RedisServer
  close(): Promise<void>
}

export interface Store {
  readonly name: string
  open(): Promise<Place>
}

export const SQLITE: Store = {
  name: 'SQLite',
  async open() {
    const folder = await temporaryFolder()
    return { environment: { DATA_DIR: folder.path }, close: async () => folder[Symbol.asyncDispose]() }
  },
}

export const REDIS: Store = {
  name: 'Redis',
  async open() {
    const redis = await startRedis()
    return { environment: { REDIS_URL: redis.url }, redis, close: () => redis.stop() }
  },
}

/** Every story that can be told on both is. All replicas of a story share one file, or one Redis. */
export const STORES: readonly Store[] = [SQLITE, REDIS]
