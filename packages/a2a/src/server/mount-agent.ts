import { createHash } from 'node:crypto'

import { A2A_CONTENT_TYPE, AGENT_CARD_PATH } from '@a2a-js/sdk'
import type { Telemetry } from '@signalbox/telemetry'
import type { Env, Hono } from 'hono'

import type { AgentCard } from '../model.ts'
import type { TaskService } from '../task-service.ts'
import { toWireCard } from '../wire/codecs.ts'
import { toRestError } from '../wire/errors.ts'
import { createDoor } from './door.ts'
import { mountHttpJson } from './http-json.ts'
import { answerJsonRpc } from './json-rpc.ts'

export interface MountOptions {
  card: Omit<AgentCard, 'url'>
  /** Where others reach this agent; asked at each request, because a port may be known only once it is open. */
  publicUrl: () => string
  tasks: TaskService
  telemetry: Telemetry
  /** The service token; calls without it are refused. Without one every call is taken. */
  token?: string | undefined
  /** Largest body, bytes. Default 16 MiB: results of earlier nodes travel with a call. */
  maxBodyBytes?: number
}

/** Serves an agent: its card to anybody, JSON-RPC at `/`, HTTP+JSON beside it. */
export function mountAgent<E extends Env>(app: Hono<E>, options: MountOptions): void {
  const { card, publicUrl, tasks, telemetry, token, maxBodyBytes = 16 * 1024 * 1024 } = options
  const door = createDoor({ tasks, telemetry, token, maxBodyBytes })
  const startedAt = new Date().toUTCString()

  app.get(`/${AGENT_CARD_PATH}`, (c) => {
    const body = JSON.stringify(toWireCard({ ...card, url: `${publicUrl()}/` }))
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`
    const headers = { etag, 'cache-control': 'public, max-age=60', 'last-modified': startedAt }
    if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
    return c.body(body, 200, { ...headers, 'content-type': 'application/json' })
  })
  app.post('/', (c) => answerJsonRpc(c, door))
  mountHttpJson(app, door)
}

/** Renders what escaped a handler of an agent's app, for `createHttpApp`. */
export function renderA2AError(error: unknown): Response {
  const { status, body } = toRestError(error)
  const headers: Record<string, string> = { 'content-type': A2A_CONTENT_TYPE }
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  return new Response(JSON.stringify(body), { status, headers })
}
