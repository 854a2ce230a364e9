import { auditQuerySchema } from '@signalbox/contracts'
import type { Hono } from 'hono'

import type { AuditDesk } from '../core/oversight-desk.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { readQuery } from './read-query.ts'
import { toCall } from './session-call.ts'

/** `GET /audit`, `GET /audit/verify`: who did what, when and from where, and whether that record is whole. */
export function mountAudit(app: Hono<GatewayEnv>, desk: AuditDesk): void {
  app.get('/audit', async (c) => c.json(await desk.audit(readQuery(c, auditQuerySchema), toCall(c))))
  app.get('/audit/verify', async (c) => c.json(await desk.verify(toCall(c))))
}
