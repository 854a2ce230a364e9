import { access } from 'node:fs/promises'
import { join } from 'node:path'

import { openRedis } from '@signalbox/sessions'
import type { Telemetry } from '@signalbox/telemetry'

import { openRedisResponseStore } from './adapters/responses/redis-response-store.ts'
import { openSqliteResponseStore } from './adapters/responses/sqlite-response-store.ts'
import type { GatewayConfig } from './config.ts'
import type { ResponseStore } from './core/responses/response-store.ts'
import { createBackgroundRuns } from './http/responses/background-runs.ts'
import { createKeptConversations } from './http/responses/kept-conversations.ts'
import { createKeptResponses } from './http/responses/kept-responses.ts'
import { refreshResponse } from './http/responses/refresh-response.ts'
import type { ResponsesOptions } from './http/responses/responses-options.ts'

const SETTLE_EVERY_MS = 60_000
const FIRST_SETTLED_MS = 1_000
const SETTLED_AT_ONCE = 1_000
const SETTLE_TIMEOUT_MS = 30_000
const NOT_SETTLED = 'a response in the background could not be looked after'

export interface Responses {
  options: ResponsesOptions
  close(): Promise<void>
}

export type ResponsesParts = Omit<ResponsesOptions, 'kept' | 'conversations' | 'runs' | 'isOpenAI' | 'mode'> & {
  /** The model's endpoint, with its `/v1`. */
  baseUrl: string
}

/**
 * What `/v1/responses` stands on. Where responses are kept is opened when the first is: a gateway that makes none leaves
 * nothing behind.
 */
export function openResponses(config: GatewayConfig, { baseUrl, ...parts }: ResponsesParts): Responses {
  const { telemetry, stopBell } = parts
  const store = createLateStore(config, telemetry)
  const isOpenAI = new URL(baseUrl).hostname === 'api.openai.com'
  const mode = config.LLM_RESPONSES === 'auto' ? (isOpenAI ? 'passthrough' : 'translate') : config.LLM_RESPONSES
  const retentionMs = config.RESPONSE_RETENTION_H * 3_600_000
  const conversations = createKeptConversations({ store: store.open, retentionMs })
  const kept = createKeptResponses({
    store: store.open,
    retentionMs,
    conversations,
    knowsNames: mode === 'passthrough',
    telemetry,
  })
  const options: ResponsesOptions = { ...parts, kept, conversations, isOpenAI, mode, runs: createBackgroundRuns({ kept, stopBell, telemetry }) }

  /** What has ended while nobody asked is written down before its session is forgotten; what is over is forgotten. */
  const settle = async (): Promise<void> => {
    if (!(await store.isThere())) return
    for (const found of await kept.listOpen(SETTLED_AT_ONCE)) {
      const call = { owner: found.entry.owner, requestId: `settle-${found.entry.id}`, signal: AbortSignal.timeout(SETTLE_TIMEOUT_MS) }
      // One that cannot be looked at must not stand before all others.
      await refreshResponse(found, call, options).catch((error: unknown) => telemetry.log.warn({ err: error, response_id: found.entry.id }, NOT_SETTLED))
    }
    await (await store.open()).sweep(Date.now())
  }
  const settleSafely = (): void => void settle().catch((error: unknown) => telemetry.log.warn({ err: error }, NOT_SETTLED))
  const settling = setInterval(settleSafely, SETTLE_EVERY_MS)
  // What was left when the last gateway stopped.
  const first = setTimeout(settleSafely, FIRST_SETTLED_MS)
  settling.unref()
  first.unref()

  return {
    options,
    async close() {
      clearInterval(settling)
      clearTimeout(first)
      // What is being made here is told to have failed before its store is closed.
      await options.runs.close()
      await store.close()
    },
  }
}

interface LateStore {
  open(): Promise<ResponseStore>
  /** Whether something may be kept there, by whomever. */
  isThere(): Promise<boolean>
  close(): Promise<void>
}

/** On the Redis that replicas share, where there is one; else in a file. */
function createLateStore(config: GatewayConfig, telemetry: Telemetry): LateStore {
  const path = join(config.DATA_DIR, 'responses.db')
  const mostBytesPerOwner = config.RESPONSE_MB_PER_OWNER * 1_024 * 1_024
  let opened: Promise<ResponseStore> | undefined
  const open = async (): Promise<ResponseStore> => {
    if (config.REDIS_URL === undefined) return openSqliteResponseStore({ path, mostBytesPerOwner })
    const redis = await openRedis({ url: config.REDIS_URL, allowVolatile: config.REDIS_ALLOW_VOLATILE, onWarning: (message) => telemetry.log.warn(message) })
    const store = openRedisResponseStore({ redis, prefix: config.REDIS_PREFIX, mostBytesPerOwner })
    return {
      ...store,
      async close() {
        await store.close()
        await redis.close()
      },
    }
  }
  return {
    open() {
      opened ??= open().catch((error: unknown) => {
        // It may be there the next time.
        opened = undefined
        throw error
      })
      return opened
    },
    isThere: async () =>
      opened !== undefined ||
      config.REDIS_URL !== undefined ||
      (await access(path).then(
        () => true,
        () => false,
      )),
    async close() {
      await (await opened?.catch(() => undefined))?.close()
    },
  }
}
