import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startRedis } from '@signalbox/testing'

/** A store to measure, and how an orchestrator is told of it. */
export interface MeasuredStore extends AsyncDisposable {
  name: 'SQLite' | 'Redis'
  environment: Record<string, string>
}

export async function openSqlite(): Promise<MeasuredStore> {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'))
  return {
    name: 'SQLite',
    environment: { DATA_DIR: folder },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

/**
 * A Redis of our own, with nothing in it but what is measured; where there is no redis-server to start,
 * the one that TEST_REDIS_URL or REDIS_URL names. Undefined where there is neither.
 */
export async function openRedis(): Promise<MeasuredStore | undefined> {
  if (spawnSync('redis-server', ['--version']).status === 0) {
    const redis = await startRedis()
    return { name: 'Redis', environment: { REDIS_URL: redis.url }, [Symbol.asyncDispose]: () => redis.stop() }
  }
  const url = process.env['TEST_REDIS_URL'] ?? process.env['REDIS_URL']
  return url === undefined ? undefined : { name: 'Redis', environment: { REDIS_URL: url }, [Symbol.asyncDispose]: async () => undefined }
}
