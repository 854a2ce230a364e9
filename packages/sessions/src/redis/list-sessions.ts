import type { SessionDocument } from '@signalbox/contracts'

import { readCursor, toCursor, type PageEnd } from '../page-cursor.ts'
import type { SessionQuery, StoredSession } from '../session-store.ts'
import type { Asker } from './ask-redis.ts'
import type { RedisClient } from './open-redis.ts'
import type { SessionIndex } from './session-index.ts'
import { sessionKeys } from './session-keys.ts'

export interface ListedPlace {
  ask: Asker['ask']
  client: RedisClient
  prefix: string
  index: SessionIndex
  read: (id: string) => Promise<StoredSession | undefined>
}

/** How many sessions are asked at once. */
const BATCH = 200

/** One page, newest first, and how many there are in all. */
export async function listSessions(
  place: ListedPlace,
  query: SessionQuery,
): Promise<{ sessions: SessionDocument[]; nextCursor: string | undefined; total: number }> {
  const { sessions, total } = query.statuses || query.dead ? await readSome(place, query) : await readAny(place, query)
  const page = sessions.slice(0, query.limit)
  const last = page.at(-1)
  return {
    sessions: page,
    total,
    nextCursor: last && sessions.length > page.length ? toCursor({ createdAt: Date.parse(last.created_at), id: last.id }) : undefined,
  }
}

interface Read {
  /** The page, and one more where there is another page. */
  sessions: SessionDocument[]
  total: number
}

/** Sessions of any kind: no more of them are looked at than are shown, and the list knows how many there are. */
async function readAny(place: ListedPlace, query: SessionQuery): Promise<Read> {
  const { ask, client, index } = place
  const end = readEnd(query)
  const key = index.keys.of(query.owner)
  const sessions: SessionDocument[] = []
  for (let offset = 0; sessions.length <= query.limit; offset += query.limit + 1) {
    const range = { BY: 'SCORE', REV: true, LIMIT: { offset, count: query.limit + 1 } } as const
    const listed = await ask(() => client.zRangeWithScores(key, end.createdAt, '-inf', range))
    sessions.push(
      ...(await readAll(
        place,
        query,
        listed.map(toEntry).filter((entry) => isBehind(entry, end)),
      )),
    )
    if (listed.length <= query.limit) break
  }
  return { sessions, total: await ask(() => client.zCard(key)) }
}

/** Sessions of some kind: all have to be asked, because what they are is known to nobody else. */
async function readSome(place: ListedPlace, query: SessionQuery): Promise<Read> {
  const end = readEnd(query)
  const wanted = await askAll(place, query)
  const behind = wanted.filter((entry) => isBehind(entry, end))
  const sessions: SessionDocument[] = []
  for (let at = 0; at < behind.length && sessions.length <= query.limit; at += query.limit + 1) {
    sessions.push(...(await readAll(place, query, behind.slice(at, at + query.limit + 1))))
  }
  return { sessions, total: wanted.length }
}

/** A list may name sessions that do not belong there: each is asked, and those that went astray are taken out. */
async function askAll({ ask, client, prefix, index }: ListedPlace, { owner, dead, statuses }: SessionQuery): Promise<PageEnd[]> {
  const listed = await ask(() => client.zRangeWithScores(dead ? index.keys.deadOf(owner) : index.keys.of(owner), 0, -1, { REV: true }))
  const wanted: PageEnd[] = []
  for (let at = 0; at < listed.length; at += BATCH) {
    const batch = listed.slice(at, at + BATCH).map(toEntry)
    const facts = await ask(() => Promise.all(batch.map(({ id }) => client.hmGet(sessionKeys(prefix, id).doc, ['owner', 'status', 'dead']))))
    const astray: string[] = []
    for (const [position, entry] of batch.entries()) {
      const [ownerNow, status, deadNow] = facts[position] ?? []
      if (ownerNow !== owner || (dead && deadNow !== '1')) astray.push(entry.id)
      else if (!statuses || statuses.some((one) => one === status)) wanted.push(entry)
    }
    await ask(() => Promise.all(astray.map((id) => index.tidy(id, owner))))
  }
  return wanted
}

/** The documents, without what went away or became something else meanwhile. */
async function readAll({ ask, read, index }: ListedPlace, query: SessionQuery, entries: readonly PageEnd[]): Promise<SessionDocument[]> {
  const stored = await ask(() => Promise.all(entries.map(({ id }) => read(id))))
  const astray = entries.filter((_, position) => stored[position]?.document.owner !== query.owner)
  await ask(() => Promise.all(astray.map(({ id }) => index.tidy(id, query.owner))))
  return stored.flatMap((session) => (session && isWanted(session.document, query) ? [session.document] : []))
}

function isWanted(document: SessionDocument, { owner, dead, statuses }: SessionQuery): boolean {
  return document.owner === owner && (!dead || document.dead_letters.length > 0) && (!statuses || statuses.includes(document.status))
}

function readEnd({ cursor }: SessionQuery): PageEnd {
  return cursor === undefined ? { createdAt: Number.MAX_SAFE_INTEGER, id: '' } : readCursor(cursor)
}

function toEntry({ value, score }: { value: string; score: number }): PageEnd {
  return { createdAt: score, id: value }
}

function isBehind(entry: PageEnd, end: PageEnd): boolean {
  return entry.createdAt < end.createdAt || (entry.createdAt === end.createdAt && entry.id < end.id)
}
