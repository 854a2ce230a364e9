import type { Approval, ApprovalQuery } from '@signalbox/contracts'
import type { Database } from '@signalbox/sessions/sqlite'

import { readCursor, toCursor, type Paged } from '../page-cursor.ts'
import { toSearchWords } from '../search-text.ts'
import { readApprovals, type ApprovalRow } from './approval-rows.ts'
import { countRows, createConditions, type Conditions } from './conditions.ts'

interface Order {
  list: Paged
  among: string
  by: 'expires_at' | 'decided_at' | 'created_at'
  /** Behind the end of a page. */
  behind: '>' | '<'
  direction: 'ASC' | 'DESC'
}

const PENDING: Order = { list: 'pending', among: 'decided_at IS NULL', by: 'expires_at', behind: '>', direction: 'ASC' }
const DECIDED: Order = { list: 'decided', among: 'decided_at IS NOT NULL', by: 'decided_at', behind: '<', direction: 'DESC' }
const ALL: Order = { list: 'all', among: 'TRUE', by: 'created_at', behind: '<', direction: 'DESC' }

/** One page, how many there are in all pages, and how many wait at all. */
export function listApprovals(
  database: Database,
  query: ApprovalQuery & { requestedBy?: string },
): { approvals: Approval[]; total: number; pending: number; nextCursor: string | undefined } {
  const order = orderOf(query)
  const wanted = conditionsOf(query, order)
  const page = conditionsOf(query, order)
  if (query.cursor !== undefined) {
    const end = readCursor(order.list, query.cursor)
    page.add(`(${order.by}, id) ${order.behind} (?, ?)`, end.at, end.id)
  }
  const rows = database.all<ApprovalRow & { at: number }>(
    `SELECT id, json, ${order.by} AS at FROM approvals WHERE ${page.sql()} ORDER BY ${order.by} ${order.direction}, id ${order.direction} LIMIT ?`,
    ...page.values,
    // One more than asked for tells whether there is another page.
    query.limit + 1,
  )
  const shown = rows.slice(0, query.limit)
  const last = shown.at(-1)
  return {
    approvals: readApprovals(shown),
    total: countRows(database, 'approvals', wanted),
    pending: countRows(database, 'approvals', pendingOf(query.requestedBy)),
    nextCursor: last && rows.length > query.limit ? toCursor(order.list, last) : undefined,
  }
}

function orderOf({ status }: ApprovalQuery): Order {
  if (status === 'pending') return PENDING
  return status === 'all' ? ALL : DECIDED
}

function conditionsOf(query: ApprovalQuery & { requestedBy?: string }, order: Order): Conditions {
  const conditions = createConditions()
  conditions.add(order.among)
  if (order === DECIDED && query.status !== 'history') conditions.add('state = ?', query.status)
  if (query.requestedBy !== undefined) conditions.add('requested_by = ?', query.requestedBy)
  if (query.session_id !== undefined) conditions.add('(session_id = ? OR root_session_id = ?)', query.session_id, query.session_id)
  if (query.agent !== undefined) conditions.add('agent = ?', query.agent)
  if (query.risk !== undefined) conditions.add('risk = ?', query.risk)
  const words = toSearchWords(query.q)
  if (words.length > 0) conditions.add('NOT EXISTS (SELECT 1 FROM json_each(?) WHERE instr(approvals.search, value) = 0)', JSON.stringify(words))
  return conditions
}

function pendingOf(requestedBy: string | undefined): Conditions {
  const conditions = createConditions()
  conditions.add(PENDING.among)
  if (requestedBy !== undefined) conditions.add('requested_by = ?', requestedBy)
  return conditions
}
