import { AppError } from '@signalbox/errors'
import { toOpenAIError } from '@signalbox/openai-wire'
import type { Hono } from 'hono'

import type { GatewayEnv } from './gateway-env.ts'

/** Which methods each path takes. What is missing here is not found. */
export const METHODS: readonly (readonly [path: string, methods: readonly string[]])[] = [
  ['/chat/completions', ['POST']],
  ['/completions', ['POST']],
  ['/embeddings', ['POST']],
  ['/responses', ['POST']],
  ['/responses/:id', ['GET', 'HEAD', 'DELETE']],
  ['/responses/:id/cancel', ['POST']],
  ['/responses/:id/input_items', ['GET', 'HEAD']],
  ['/conversations', ['POST']],
  ['/conversations/:id', ['GET', 'HEAD', 'POST', 'DELETE']],
  ['/conversations/:id/items', ['GET', 'HEAD', 'POST']],
  ['/conversations/:id/items/:item', ['GET', 'HEAD', 'DELETE']],
  ['/route', ['POST']],
  ['/models', ['GET', 'HEAD']],
  ['/models/:id{.+}', ['GET', 'HEAD']],
  ['/sessions', ['GET', 'HEAD']],
  ['/sessions/:id', ['GET', 'HEAD', 'DELETE']],
  ['/sessions/:id/events', ['GET']],
  ['/sessions/:id/cancel', ['POST']],
  ['/sessions/:id/input', ['POST']],
  ['/sessions/:id/pause', ['POST']],
  ['/sessions/:id/resume', ['POST']],
  ['/dead-letters', ['GET', 'HEAD']],
  ['/dead-letters/:id', ['GET', 'HEAD', 'DELETE']],
  ['/dead-letters/:id/redrive', ['POST']],
  ['/agents', ['GET', 'HEAD']],
  ['/approvals', ['GET', 'HEAD']],
  ['/approvals/decisions', ['POST']],
  ['/approvals/:id', ['GET', 'HEAD']],
  ['/approvals/:id/decision', ['POST']],
  ['/approvals/:id/extend', ['POST']],
  ['/audit', ['GET', 'HEAD']],
  ['/audit/verify', ['GET', 'HEAD']],
  ['/channels', ['GET', 'HEAD']],
  ['/channels/:id/test', ['POST']],
  ['/deliveries', ['GET', 'HEAD']],
  ['/events', ['GET']],
]

/** Answers OPTIONS, for which no key is needed. Stands before the key check. */
export function mountOptions(app: Hono<GatewayEnv>): void {
  for (const [path, methods] of METHODS) app.options(path, (c) => c.body(null, 204, { allow: toAllow(methods) }))
}

/** Refuses every method that a path does not take. Stands behind the routes. */
export function mountMethodGuards(app: Hono<GatewayEnv>): void {
  for (const [path, methods] of METHODS) {
    app.all(path, (c) => {
      const { status, body } = toOpenAIError(new AppError('method_not_allowed', `${c.req.method} is not allowed here: ${toAllow(methods)}.`))
      return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', 'allow': toAllow(methods) } })
    })
  }
}

function toAllow(methods: readonly string[]): string {
  return [...methods, 'OPTIONS'].join(', ')
}
