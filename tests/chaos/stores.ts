import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { startRedis, temporaryFolder, type RedisServer } from '@signalbox/testing'

/** A store of one story's own, empty, and how orchestrators are told of it. */
export interface Place {
  readonly environment: Record<string, string>
  /** Where the store is a Redis: its server, to be done ill to. */
  readonly redis?: RedisServer
  /** Whether somebody is in the midst of a write that keeps all others from writing. */
  isHeld(): boolean
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
    return {
      environment: { DATA_DIR: folder.path },
      isHeld: () => isLocked(join(folder.path, 'sessions.db')),
      close: async () => folder[Symbol.asyncDispose](),
    }
  },
}

export const REDIS: Store = {
  name: 'Redis',
  async open() {
    const redis = await startRedis()
    return { environment: { REDIS_URL: redis.url }, redis, isHeld: () => false, close: () => redis.stop() }
  },
}

/** Every story that can be told on both is. All replicas of a story share one file, or one Redis. */
export const STORES: readonly Store[] = [SQLITE, REDIS]

function isLocked(path: string): boolean {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK')
    return false
  } catch {
    return true
  } finally {
    database.close()
  }
}
