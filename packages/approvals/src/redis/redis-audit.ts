import { auditEntrySchema, type AuditEntry, type AuditPage, type AuditQuery } from '@signalbox/contracts'

import type { FoundEntry } from '../chain.ts'
import { readCursor, toCursor } from '../page-cursor.ts'
import type { LedgerPlace } from './redis-approvals.ts'

/** How many numbers are asked at once. */
const BATCH = 500

export async function readEntries({ ask, client, keys }: LedgerPlace, after: number, limit: number): Promise<AuditEntry[]> {
  return readAll(await ask(() => client.xRange(keys.audit, `${after + 1}-0`, '+', { COUNT: limit })))
}

/** Whatever is behind the entry of that number, also what we would never have put there. */
export async function findEntries({ ask, client, keys }: LedgerPlace, after: number | undefined, limit: number): Promise<FoundEntry[]> {
  const entries = await ask(() => client.xRange(keys.audit, after === undefined ? '-' : `(${after}-0`, '+', { COUNT: limit }))
  return (entries ?? []).map(({ id, message }) => ({ place: /^\d+-0$/.test(id) ? Number.parseInt(id, 10) : id, json: message['json'] ?? '' }))
}

/** One page, newest first. */
export async function pageAudit(place: LedgerPlace, query: AuditQuery): Promise<AuditPage> {
  const { limit, cursor } = query
  const before = cursor === undefined ? undefined : readCursor('audit', cursor).at
  const { entries, total } = await findPage(place, query, before)
  const data = entries.slice(0, limit)
  const last = data.at(-1)
  return { object: 'list', data, total, next_cursor: last && entries.length > limit ? toCursor('audit', { at: last.seq, id: '' }) : null }
}

interface Page {
  /** The page, and one more where there is another page. */
  entries: AuditEntry[]
  total: number
}

async function findPage(place: LedgerPlace, { kind, about, limit }: AuditQuery, before: number | undefined): Promise<Page> {
  const { ask, client, keys } = place
  if (kind !== undefined && about !== undefined) {
    const numbers = await findBoth(place, kind, about)
    return { entries: await readNumbered(place, numbers.filter((seq) => before === undefined || seq < before).slice(0, limit + 1)), total: numbers.length }
  }
  if (kind === undefined && about === undefined) {
    const from = before === undefined ? '+' : `(${before}-0`
    const [entries, total] = await ask(() => Promise.all([client.xRevRange(keys.audit, from, '-', { COUNT: limit + 1 }), client.xLen(keys.audit)]))
    return { entries: readAll(entries), total }
  }
  const list = kind === undefined ? keys.about(about ?? '') : keys.ofKind(kind)
  const range = { BY: 'SCORE', REV: true, LIMIT: { offset: 0, count: limit + 1 } } as const
  const [numbers, total] = await ask(() => Promise.all([client.zRange(list, before === undefined ? '+inf' : `(${before}`, '-inf', range), client.zCard(list)]))
  return { entries: await readNumbered(place, numbers.map(Number)), total }
}

/** Numbers of the entries of this kind that are about this, newest first. */
async function findBoth({ ask, client, keys }: LedgerPlace, kind: string, about: string): Promise<number[]> {
  const numbers = await ask(() => client.zRange(keys.about(about), 0, -1, { REV: true }))
  const wanted: number[] = []
  for (let at = 0; at < numbers.length; at += BATCH) {
    const batch = numbers.slice(at, at + BATCH)
    const scores = await ask(() => client.zmScore(keys.ofKind(kind), batch))
    wanted.push(...scores.flatMap((score) => (score === null ? [] : [score])))
  }
  return wanted
}

async function readNumbered({ ask, client, keys }: LedgerPlace, numbers: readonly number[]): Promise<AuditEntry[]> {
  const found = await ask(() => Promise.all(numbers.map((seq) => client.xRange(keys.audit, `${seq}-0`, `${seq}-0`))))
  return found.flatMap(readAll)
}

function readAll(found: readonly { message: Record<string, string> }[] | null): AuditEntry[] {
  return (found ?? []).map(({ message }) => auditEntrySchema.parse(JSON.parse(message['json'] ?? '')))
}
