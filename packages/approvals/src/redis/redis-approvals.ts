import { approvalSchema, type Approval, type ApprovalQuery } from '@signalbox/contracts'
import type { Asker, RedisClient } from '@signalbox/sessions/redis'

import { factsOf, type ApprovalFacts } from '../approval-facts.ts'
import { readCursor, toCursor, type PageEnd } from '../page-cursor.ts'
import { toSearchWords } from '../search-text.ts'
import type { LedgerKeys } from './ledger-keys.ts'

export interface LedgerPlace {
  ask: Asker['ask']
  client: RedisClient
  keys: LedgerKeys
}

type Query = ApprovalQuery & { requestedBy?: string }
type ListName = 'pending' | 'decided' | 'all'

/** How many approvals are asked at once. */
const BATCH = 200

export async function findApproval({ client, keys }: LedgerPlace, id: string): Promise<Approval | undefined> {
  const json = await client.hGet(keys.approval(id), 'json')
  return json ? approvalSchema.parse(JSON.parse(json)) : undefined
}

/** Those that are there and can be read: one that cannot must not stand in the way of all others. */
export async function findApprovals({ ask, client, keys }: LedgerPlace, ids: readonly string[]): Promise<Approval[]> {
  const found = await ask(() => Promise.all(ids.map((id) => client.hGet(keys.approval(id), 'json'))))
  return found.flatMap((json) => {
    try {
      return json ? [approvalSchema.parse(JSON.parse(json))] : []
    } catch {
      return []
    }
  })
}

/** One page, how many there are in all pages, and how many wait at all. */
export async function listApprovals(
  place: LedgerPlace,
  query: Query,
): Promise<{ approvals: Approval[]; total: number; pending: number; nextCursor: string | undefined }> {
  const { ask, client, keys } = place
  const list = listOf(query)
  const end = query.cursor === undefined ? undefined : readCursor(list, query.cursor)
  const { found, total } = isFiltered(query) ? await findSome(place, query, end) : await findAny(place, query, end)
  const shown = found.slice(0, query.limit)
  const last = shown.at(-1)
  return {
    approvals: shown.map(({ approval }) => approval),
    total,
    pending: await ask(() => client.zCard(keys.list('pending', query.requestedBy))),
    nextCursor: last && found.length > query.limit ? toCursor(list, last) : undefined,
  }
}

interface Found {
  /** The page, and one more where there is another page. */
  found: (PageEnd & { approval: Approval })[]
  total: number
}

/** Those of one list: no more of them are looked at than are shown, and the list knows how many there are. */
async function findAny(place: LedgerPlace, query: Query, end: PageEnd | undefined): Promise<Found> {
  const { ask, client, keys } = place
  const list = listOf(query)
  const key = keys.list(list, query.requestedBy)
  const found: Found['found'] = []
  const count = query.limit + 1
  for (let offset = 0; found.length < count; offset += count) {
    const from = end?.at ?? (list === 'pending' ? '-inf' : '+inf')
    const limit = { BY: 'SCORE', LIMIT: { offset, count } } as const
    const listed = await ask(() =>
      list === 'pending' ? client.zRangeWithScores(key, from, '+inf', limit) : client.zRangeWithScores(key, from, '-inf', { ...limit, REV: true }),
    )
    const behind = listed.map(({ value, score }) => ({ at: score, id: value })).filter((entry) => isBehind(list, entry, end))
    found.push(...(await readAll(place, query, behind)))
    if (listed.length < count) break
  }
  return { found, total: await ask(() => client.zCard(key)) }
}

/** Those that a filter wants: each is asked for what it is. */
async function findSome(place: LedgerPlace, query: Query, end: PageEnd | undefined): Promise<Found> {
  const list = listOf(query)
  const wanted = await findWanted(place, query)
  const behind = wanted.filter((entry) => isBehind(list, entry, end))
  const found: Found['found'] = []
  for (let at = 0; at < behind.length && found.length <= query.limit; at += query.limit + 1) {
    found.push(...(await readAll(place, query, behind.slice(at, at + query.limit + 1))))
  }
  return { found, total: wanted.length }
}

/** All that the query wants, in the order of its list. Of a session there are few, and they are sorted here. */
async function findWanted({ ask, client, keys }: LedgerPlace, query: Query): Promise<PageEnd[]> {
  const list = listOf(query)
  const matches = matcherOf(query)
  const listed = await ask(() => client.zRange(query.session_id === undefined ? keys.list(list, query.requestedBy) : keys.session(query.session_id), 0, -1))
  const wanted: PageEnd[] = []
  for (let at = 0; at < listed.length; at += BATCH) {
    const ids = listed.slice(at, at + BATCH)
    const found = await ask(() => Promise.all(ids.map((id) => client.hGet(keys.approval(id), 'facts'))))
    for (const [position, id] of ids.entries()) {
      const facts = found[position]
      const known = facts ? (JSON.parse(facts) as ApprovalFacts) : undefined
      if (known && matches(known)) wanted.push({ at: placeIn(list, known), id })
    }
  }
  return wanted.toSorted((a, b) => (isBehind(list, b, a) ? -1 : 1))
}

/** Read, without what went away or became something else meanwhile. */
async function readAll(place: LedgerPlace, query: Query, entries: readonly PageEnd[]): Promise<Found['found']> {
  const list = listOf(query)
  const matches = matcherOf(query)
  const approvals = await findApprovals(
    place,
    entries.map(({ id }) => id),
  )
  return approvals.flatMap((approval) => {
    const facts = factsOf(approval)
    return matches(facts) ? [{ approval, at: placeIn(list, facts), id: approval.id }] : []
  })
}

function listOf({ status }: ApprovalQuery): ListName {
  return status === 'pending' || status === 'all' ? status : 'decided'
}

/** Whether it wants less than a whole list. */
function isFiltered({ status, session_id, agent, risk, q }: Query): boolean {
  const isList = status === 'pending' || status === 'all' || status === 'history'
  return !isList || session_id !== undefined || agent !== undefined || risk !== undefined || toSearchWords(q).length > 0
}

function matcherOf({ status, session_id, agent, risk, q, requestedBy }: Query): (facts: ApprovalFacts) => boolean {
  const words = toSearchWords(q)
  return (facts) =>
    (status === 'all' || (status === 'history' ? facts.state !== 'pending' : facts.state === status)) &&
    (requestedBy === undefined || facts.requestedBy === requestedBy) &&
    (session_id === undefined || facts.sessions.includes(session_id)) &&
    (agent === undefined || facts.agent === agent) &&
    (risk === undefined || facts.risk === risk) &&
    words.every((word) => facts.search.includes(word))
}

function placeIn(list: ListName, { expiresAt, decidedAt, createdAt }: ApprovalFacts): number {
  if (list === 'pending') return expiresAt
  return list === 'decided' ? (decidedAt ?? createdAt) : createdAt
}

/** Pending ones come the soonest to expire first, all others the newest first. */
function isBehind(list: ListName, entry: PageEnd, end: PageEnd | undefined): boolean {
  if (!end) return true
  const [before, behind] = list === 'pending' ? [end, entry] : [entry, end]
  return before.at < behind.at || (before.at === behind.at && before.id < behind.id)
}
