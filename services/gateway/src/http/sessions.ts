import type { SessionView } from '@signalbox/contracts'
import type { Hono } from 'hono'
import { z } from 'zod'

import type { Orchestrator } from '../core/orchestrator.ts'
import type { SessionDesk } from '../core/session-desk.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { cursorField, limitField, readQuery } from './read-query.ts'
import { readSessionId, toCall } from './session-call.ts'

const querySchema = z.object({ limit: limitField, after: cursorField })

/** `GET /sessions`, `GET` and `DELETE /sessions/{id}`, `POST …/pause` and `…/resume`: the caller's own sessions; others' do not exist. */
export function mountSessions(v1: Hono<GatewayEnv>, orchestrator: Orchestrator, desk: SessionDesk): void {
  v1.get('/sessions', async (c) => {
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
  })
  v1.get('/sessions/:id', async (c) => c.json(render(await orchestrator.find(readSessionId(c), toCall(c)))))
  v1.delete('/sessions/:id', async (c) => c.json(render(await orchestrator.cancel(readSessionId(c), toCall(c)))))
  v1.post('/sessions/:id/pause', async (c) => c.json(await desk.pause(readSessionId(c), toCall(c))))
  v1.post('/sessions/:id/resume', async (c) => c.json(await desk.resume(readSessionId(c), toCall(c))))
}

function render(session: SessionView): { object: 'session' } & SessionView {
  return { object: 'session', ...session }
}
