import type { ApprovalLedger } from '@signalbox/approvals'
import { auditQuerySchema, feedQuerySchema, userAuditNoteSchema, type FeedPage } from '@signalbox/contracts'
import { Hono } from 'hono'

import { limitBody, readBody, readInput, renderManagementError, requireRole } from './management-call.ts'
import { waitOf } from './wait-of.ts'

const MAX_BODY_BYTES = 64_000
/** Entries of one page of the feed. */
const FEED_PAGE = 200

/** `/v1/audit`: what was done by whom, and whether that is still all. `POST /notes` is for the gateway, which signs people in. */
export function auditRoutes(ledger: Pick<ApprovalLedger, 'audit' | 'verify' | 'note'>): Hono {
  return new Hono()
    .onError(renderManagementError)
    .get('/', async (c) => {
      requireRole(c, 'viewer')
      return c.json(await ledger.audit(readInput(auditQuerySchema, c.req.query())))
    })
    .get('/verify', async (c) => {
      requireRole(c, 'operator')
      return c.json(await ledger.verify())
    })
    .post('/notes', limitBody(MAX_BODY_BYTES), async (c) => c.json(await ledger.note(await readBody(c, userAuditNoteSchema)), 201))
}

/** `/v1/feed`: what has changed, by the audit. Waits for news where there are none yet, and no longer than until `closing`. */
export function feedRoutes(ledger: Pick<ApprovalLedger, 'entries' | 'head' | 'list' | 'waitBeyond'>, { closing }: { closing: AbortSignal }): Hono {
  return new Hono().onError(renderManagementError).get('/', async (c) => {
    requireRole(c, 'viewer')
    const { after, wait_s: waitS } = readInput(feedQuerySchema, c.req.query())
    return c.json(await readFeed(ledger, after, waitOf(c, waitS, closing)))
  })
}

async function readFeed(ledger: Parameters<typeof feedRoutes>[0], after: number | undefined, signal: AbortSignal): Promise<FeedPage> {
  const head = await ledger.head()
  // Whoever is ahead of the chain has seen another one: it begins anew.
  const from = after === undefined || after > head ? head : after
  if (after === head && !signal.aborted) await ledger.waitBeyond(head, signal)
  const entries = after === undefined ? [] : await ledger.entries(from, FEED_PAGE)
  const { pending } = await ledger.list({ status: 'pending', limit: 1 })
  return {
    object: 'list',
    data: entries.map(({ seq, kind, subject, session_id, at }) => ({ seq, kind, subject, session_id, at })),
    last: entries.at(-1)?.seq ?? from,
    pending,
  }
}
