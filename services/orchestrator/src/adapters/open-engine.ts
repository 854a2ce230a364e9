import { join, resolve } from 'node:path'

import { openRedisApprovalLedger, openSqliteApprovalLedger, type ApprovalLedger } from '@signalbox/approvals'
import { toAppError } from '@signalbox/errors'
import {
  createBullDoorbell,
  createInProcessDoorbell,
  openRedis,
  openRedisSessionStore,
  openSqliteSessionStore,
  type Doorbell,
  type SessionStore,
} from '@signalbox/sessions'
import type { Telemetry } from '@signalbox/telemetry'

import type { OrchestratorConfig } from '../config.ts'
import type { Breakers } from '../core/breaker.ts'
import { createMemoryBreakers, createRedisBreakers } from './breakers/index.ts'

/** What sessions live in and are driven by. Where it runs is the only thing that differs between one machine and many. */
export interface Engine {
  /** In words, for the health check. */
  place: string
  store: SessionStore
  doorbell: Doorbell
  breakers: Breakers
  /** What people are asked and what they answered. */
  ledger: ApprovalLedger
  /** Last of all: who still drives writes to the store. */
  close(): Promise<void>
}

/** Redis where `REDIS_URL` names one, for any number of replicas; else a file and this process. */
export async function openEngine(config: OrchestratorConfig, telemetry: Telemetry): Promise<Engine> {
  return config.REDIS_URL === undefined ? openEmbeddedEngine(config, telemetry) : openSharedEngine(config.REDIS_URL, config, telemetry)
}

async function openSharedEngine(url: string, config: OrchestratorConfig, telemetry: Telemetry): Promise<Engine> {
  const { log } = telemetry
  const prefix = config.REDIS_PREFIX
  const redis = await openRedis({ url, allowVolatile: config.REDIS_ALLOW_VOLATILE, onWarning: (message) => log.warn(message) })
  const store = openRedisSessionStore({ redis, prefix })
  const ledger = openRedisApprovalLedger({ redis, prefix })
  const failed = driveFailed(telemetry)
  const breakers = createRedisBreakers({
    ...breakerRules(config),
    client: redis.client,
    prefix,
    onAway: (error) => log.debug({ code: toAppError(error).code }, 'the breakers are not asked while Redis is away'),
  })
  return {
    place: 'Redis',
    store,
    doorbell: createBullDoorbell({
      client: redis.client,
      prefix,
      lockMs: config.LEASE_MS,
      onError: (error, sessionId) =>
        sessionId === undefined ? log.warn({ code: toAppError(error).code, err: error }, 'the doorbell has a fault') : failed(error, sessionId),
    }),
    breakers,
    ledger,
    async close() {
      await breakers.close()
      await ledger.close()
      await store.close()
      await redis.close()
    },
  }
}

function openEmbeddedEngine(config: OrchestratorConfig, telemetry: Telemetry): Engine {
  const store = openSqliteSessionStore({ path: join(resolve(config.DATA_DIR), 'sessions.db') })
  const ledger = openSqliteApprovalLedger({ path: join(resolve(config.DATA_DIR), 'approvals.db') })
  const breakers = createMemoryBreakers(breakerRules(config))
  return {
    place: 'embedded',
    store,
    doorbell: createInProcessDoorbell({ onError: driveFailed(telemetry) }),
    breakers,
    ledger,
    async close() {
      await breakers.close()
      await ledger.close()
      await store.close()
    },
  }
}

/** A probe may take as long as any call, and a little more. */
function breakerRules(config: OrchestratorConfig): { failures: number; restMs: number; probeMs: number } {
  return { failures: config.BREAKER_FAILURES, restMs: config.BREAKER_REST_S * 1_000, probeMs: (config.NODE_DEADLINE_S + 30) * 1_000 }
}

function driveFailed({ log }: Telemetry): (error: unknown, sessionId: string) => void {
  return (error, session_id) => {
    const { code } = toAppError(error)
    // Of a store that is away there is one warning, and not one for each session: all are driven again when it is back.
    if (code === 'unavailable') log.debug({ session_id, code }, 'driving a session was left for later')
    else log.error({ err: error, session_id, code }, 'driving a session failed')
  }
}
