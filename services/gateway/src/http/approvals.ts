import {
  APPROVAL_LIMITS,
  approvalQuerySchema,
  bulkDecisionRequestSchema,
  decisionRequestSchema,
  extendRequestSchema,
  type Approval,
} from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Hono } from 'hono'

import type { ApprovalDesk, VersionedCall } from '../core/approval-desk.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import { withJson } from './read-json.ts'
import { readQuery } from './read-query.ts'
import { toCall } from './session-call.ts'

/** Edited arguments with every character as an escape, and a reason. */
const DECISION = { schema: decisionRequestSchema, limit: 6 * APPROVAL_LIMITS.argsBytes + 64 * 1_024 }
const DECISIONS = { schema: bulkDecisionRequestSchema, limit: 64 * 1_024 }
const EXTEND = { schema: extendRequestSchema, limit: 1_024 }

/**
 * `GET /approvals`, `GET /approvals/{id}`, `POST …/decision`, `POST …/extend`, `POST /approvals/decisions`: what people
 * are asked. An approval's `ETag` is its version; a decision names in `If-Match` the one that was looked at.
 */
export function mountApprovals(app: Hono<GatewayEnv>, desk: ApprovalDesk): void {
  app.get('/approvals', async (c) => c.json(await desk.list(readQuery(c, approvalQuerySchema), toCall(c))))
  app.post('/approvals/decisions', (c) => withJson(c, DECISIONS, async (request) => c.json(await desk.decideMany(request, toCall(c)))))
  app.get('/approvals/:id', async (c) => {
    const detail = await desk.get(readApprovalId(c), toCall(c))
    return c.json(detail, 200, { etag: toETag(detail.approval) })
  })
  app.post('/approvals/:id/decision', (c) => {
    const id = readApprovalId(c)
    return withJson(c, DECISION, async (request) => answer(c, await desk.decide(id, request, toVersionedCall(c))))
  })
  app.post('/approvals/:id/extend', (c) => {
    const id = readApprovalId(c)
    return withJson(c, EXTEND, async (request) => answer(c, await desk.extend(id, request, toVersionedCall(c))))
  })
}

function answer(c: GatewayContext, approval: Approval): Response {
  return c.json(approval, 200, { etag: toETag(approval) })
}

/** RFC 9110, 8.8.3: a strong one. */
function toETag({ version }: Approval): string {
  return `"${version}"`
}

function toVersionedCall(c: GatewayContext): VersionedCall {
  return { ...toCall(c), ifMatch: c.req.header('if-match') }
}

function readApprovalId(c: GatewayContext): string {
  const id = c.req.param('id') ?? ''
  if (!/^apr_[\w-]{1,128}$/.test(id)) throw new AppError('not_found', 'There is no such approval.', { param: 'id' })
  return id
}
