import type { Hono } from 'hono'

import type { AgentDesk } from '../core/session-desk.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { toCall } from './session-call.ts'

/** `GET /agents`: who can be planned for, and how they are. */
export function mountAgents(app: Hono<GatewayEnv>, desk: AgentDesk): void {
  app.get('/agents', async (c) => c.json({ object: 'list', data: await desk.agents(toCall(c)) }))
}
