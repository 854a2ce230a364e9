import { isSessionId, type SessionView } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Hono } from 'hono'
import { z } from 'zod'

import type { Orchestrator, SessionCall } from '../core/orchestrator.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'

const querySchema = z.object({
  limit: z.coerce.number({ error: 'must be a number' }).int('must be a whole number').min(1, 'must be 1 or more').max(100, 'must be 100 or less').default(20),
  after: z.string().min(1, 'must not be empty').max(512, 'must be 512 characters at most').optional(),
})

/** `GET /sessions`, `GET` and `DELETE /sessions/{id}`: the caller's own sessions; others' do not exist. */
export function mountSessions(v1: Hono<GatewayEnv>, orchestrator: Orchestrator): void {
  v1.get('/sessions', async (c) => {
    const page = await orchestrator.list(readQuery(c), toCall(c))
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
  v1.get('/sessions/:id', async (c) => c.json(render(await orchestrator.find(readId(c.req.param('id')), toCall(c)))))
  v1.delete('/sessions/:id', async (c) => c.json(render(await orchestrator.cancel(readId(c.req.param('id')), toCall(c)))))
}

function readQuery(c: GatewayContext): { limit: number; after?: string } {
  const parsed = querySchema.safeParse({ limit: c.req.query('limit'), after: c.req.query('after') })
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const param = String(issue?.path[0])
    throw new AppError('invalid_request', `${param}: ${issue?.message ?? 'is wrong'}.`, { param })
  }
  const { limit, after } = parsed.data
  return { limit, ...(after !== undefined && { after }) }
}

/** What is no id of ours is not found, like any other that is not there. */
function readId(id: string): string {
  if (!isSessionId(id)) throw new AppError('not_found', 'There is no such session.', { param: 'id' })
  return id
}

function toCall(c: GatewayContext): SessionCall {
  return { owner: c.get('owner'), requestId: c.get('requestId'), signal: c.req.raw.signal }
}

function render(session: SessionView): { object: 'session' } & SessionView {
  return { object: 'session', ...session }
}
