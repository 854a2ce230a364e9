import { APPROVAL_LIMITS, approvalQuerySchema, bulkDecisionRequestSchema, decisionRequestSchema, extendRequestSchema } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { Hono, type Context } from 'hono'

import type { ApprovalDesk } from '../core/approvals/ports.ts'
import { limitBody, readBody, readInput, renderManagementError, viewerOf } from './management-call.ts'

/** Arguments written as JSON may take six times their bytes, where every character is escaped. */
const MAX_DECISION_BYTES = 6 * APPROVAL_LIMITS.argsBytes + 64_000
const MAX_BODY_BYTES = 64_000

/** `/v1/approvals`: list, look, decide, decide several, give more time. */
export function approvalRoutes(desk: ApprovalDesk): Hono {
  return new Hono()
    .onError(renderManagementError)
    .get('/', async (c) => c.json(await desk.list(readInput(approvalQuerySchema, c.req.query()), viewerOf(c))))
    .post('/decisions', limitBody(MAX_BODY_BYTES), async (c) => c.json(await desk.decideMany(await readBody(c, bulkDecisionRequestSchema), viewerOf(c))))
    .get('/:id', async (c) => {
      const detail = await desk.get(c.req.param('id'), viewerOf(c))
      return c.json(detail, 200, toETag(detail.approval))
    })
    .post('/:id/decision', limitBody(MAX_DECISION_BYTES), async (c) => {
      const version = readVersion(c)
      const approval = await desk.decide(c.req.param('id'), version, await readBody(c, decisionRequestSchema), viewerOf(c))
      return c.json(approval, 200, toETag(approval))
    })
    .post('/:id/extend', limitBody(MAX_BODY_BYTES), async (c) => {
      const version = readVersion(c)
      const { seconds } = await readBody(c, extendRequestSchema)
      const approval = await desk.extend(c.req.param('id'), version, seconds, viewerOf(c))
      return c.json(approval, 200, toETag(approval))
    })
}

function toETag({ version }: { version: number }): { etag: string } {
  return { etag: `"${version}"` }
}

/** Which version a change is made from. @throws AppError `precondition_required`, `invalid_request`. */
function readVersion(c: Context): number {
  const header = c.req.header('if-match')
  if (header === undefined)
    throw new AppError('precondition_required', 'If-Match names the version that was looked at: the ETag of the approval.', { param: 'if-match' })
  // A proxy that compresses makes a strong tag weak.
  const [, version] = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim()) ?? []
  if (version === undefined) throw new AppError('invalid_request', 'If-Match is not the ETag of an approval, such as "3".', { param: 'if-match' })
  return Number(version)
}
