import { sessionInputSchema, sessionQuerySchema, type SessionView } from '@signalbox/contracts'
import type { Hono } from 'hono'
import { z } from 'zod'

import type { Orchestrator } from '../core/orchestrator.ts'
import type { SessionDesk } from '../core/session-desk.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import { withJson } from './read-json.ts'
import { cursorField, limitField, readQuery } from './read-query.ts'
import { readSessionId, toCall } from './session-call.ts'

const querySchema = z.object({ limit: limitField, after: cursorField })

/** An answer of 20,000 characters, each as an escape, and its friends. */
const INPUT = { schema: sessionInputSchema, limit: 128 * 1_024 }

/**
 * `GET /sessions`, `GET` and `DELETE /sessions/{id}`, `POST …/cancel`, `…/pause`, `…/resume`, `…/input`. A caller sees
 * its own sessions as they are on their tasks; others' do not exist. An actor sees everybody's, as the console shows them.
 */
export function mountSessions(app: Hono<GatewayEnv>, orchestrator: Orchestrator, desk: SessionDesk): void {
  app.get('/sessions', async (c) => (c.get('actor') ? c.json(await desk.list(readQuery(c, sessionQuerySchema), toCall(c))) : listOwn(c, orchestrator)))
  app.get('/sessions/:id', async (c) => {
    const id = readSessionId(c)
    return c.get('actor') ? c.json(await desk.find(id, toCall(c))) : c.json(render(await orchestrator.find(id, toCall(c))))
  })
  app.delete('/sessions/:id', async (c) => {
    const id = readSessionId(c)
    return c.get('actor') ? c.json(await desk.cancel(id, toCall(c))) : c.json(render(await orchestrator.cancel(id, toCall(c))))
  })
  app.post('/sessions/:id/cancel', async (c) => c.json(await desk.cancel(readSessionId(c), toCall(c))))
  app.post('/sessions/:id/pause', async (c) => c.json(await desk.pause(readSessionId(c), toCall(c))))
  app.post('/sessions/:id/resume', async (c) => c.json(await desk.resume(readSessionId(c), toCall(c))))
  app.post('/sessions/:id/input', (c) => {
    const id = readSessionId(c)
    return withJson(c, INPUT, async (input) => c.json(await desk.answer(id, input, toCall(c))))
  })
}

async function listOwn(c: GatewayContext, orchestrator: Orchestrator): Promise<Response> {
  const { limit, after } = readQuery(c, querySchema)
  const page = await orchestrator.list({ limit, ...(after !== undefined && { after }) }, toCall(c))
  const data = page.sessions.map(render)
  // `after` takes what `next` says; it is not the last id.
  return c.json({
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: page.next !== '',
    next: page.next === '' ? null : page.next,
  })
}

function render(session: SessionView): { object: 'session' } & SessionView {
  return { object: 'session', ...session }
}
