import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openRedis as connectRedis, openRedisSessionStore, openSqliteSessionStore, type SessionStore } from '@signalbox/sessions'

import type { Bench, Report } from './report.ts'
import { measureSaves } from './sessions/document-growth.ts'
import { measureReplicas } from './sessions/measure-replicas.ts'
import { measureSessionCosts } from './sessions/measure-session-costs.ts'
import { openRedis, openSqlite, type MeasuredStore } from './sessions/stores.ts'

/**
 * What it costs that sessions survive: every step saved, on each store. How soon another orchestrator
 * steps in, what waiting sessions take up, and whether the cost of a save stays the same as results grow.
 */
const run: Bench = async (report) => {
  for (const open of [openSqlite, openRedis]) {
    await using store = await open()
    if (!store) {
      process.stdout.write('  There is no redis-server on the PATH, and neither TEST_REDIS_URL nor REDIS_URL is set: the figures for Redis are left out.\n')
      continue
    }
    await measureSessionCosts(report, store)
    await measureReplicas(report, store)
    await measureGrowth(report, store)
  }
}

async function measureGrowth(report: Report, { name, environment }: MeasuredStore): Promise<void> {
  const { store, close } = await openStore(environment)
  const { small, large } = await measureSaves(store)
  report({ metric: `${name}: a save with 20 outputs of 100 KB, against 20 of 4 KB`, value: large, unit: 'ms', reference: small, budget: 1.2 })
  await close()
}

async function openStore(environment: Record<string, string>): Promise<{ store: SessionStore; close(): Promise<void> }> {
  const url = environment['REDIS_URL']
  if (url === undefined) {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-bench-'))
    const store = openSqliteSessionStore({ path: join(folder, 'sessions.db') })
    return { store, close: () => store.close().then(() => rm(folder, { recursive: true, force: true })) }
  }
  const redis = await connectRedis({ url, onWarning: () => undefined })
  const store = openRedisSessionStore({ redis })
  return { store, close: () => store.close().then(() => redis.close()) }
}

export default run
