import { AGENT_CARD_PATH } from '@a2a-js/sdk'
import type { Telemetry } from '@signalbox/telemetry'
import type { Env, Hono } from 'hono'

import { REST_PATH, toWireCard } from '../codecs/card.ts'
import type { AgentCard } from '../model.ts'
import type { TaskService } from '../task-service.ts'
import { createCardRoute } from './card-route.ts'
import { createDoor } from './door.ts'
import { answerJsonRpc } from './json-rpc.ts'
import { createOperations } from './operations.ts'
import { createRestRoutes } from './rest.ts'

export interface MountOptions {
  card: Omit<AgentCard, 'url'>
  /** Where others reach this agent; asked at each request, because a port may be known only once it is open. */
  publicUrl: () => string
  tasks: TaskService
  telemetry: Telemetry
  /** The service token; calls without it are refused. Without one every call is taken. */
  token?: string | undefined
  /** Largest body, bytes. Default 16 MiB: conversations and the results of earlier nodes travel with a call. */
  maxBodyBytes?: number
}

const MAX_BODY_BYTES = 16 * 1_024 * 1_024

/** Serves an agent: its card to anybody, JSON-RPC at `/`, HTTP+JSON below `/v1`. */
export function mountAgent<E extends Env>(app: Hono<E>, options: MountOptions): void {
  const { card, publicUrl, tasks, telemetry, token, maxBodyBytes = MAX_BODY_BYTES } = options
  const operations = createOperations(tasks, { streaming: card.streaming })
  const door = createDoor({ operations, telemetry, token, maxBodyBytes })
  app.get(
    `/${AGENT_CARD_PATH}`,
    createCardRoute(() => toWireCard({ ...card, url: publicUrl() }, { guarded: token !== undefined })),
  )
  app.post('/', (c) => answerJsonRpc(c, door))
  app.route(REST_PATH, createRestRoutes(door))
}
