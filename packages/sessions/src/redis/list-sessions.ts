import type { SessionDocument } from '@signalbox/contracts'

import { readCursor, toCursor, type PageEnd } from '../page-cursor.ts'
import { isWanted, toWords } from '../session-subject.ts'
import type { SessionQuery, StoredSession } from '../session-store.ts'
import type { Asker } from './ask-redis.ts'
import type { RedisClient } from './open-redis.ts'
import type { SessionIndex } from './session-index.ts'
import { sessionKeys } from './session-keys.ts'
import { GOAL_HAS } from './session-scripts.ts'

export interface ListedPlace {
  ask: Asker['ask']
  client: RedisClient
  prefix: string
  index: SessionIndex
  read: (id: string) => Promise<StoredSession | undefined>
  /** Enters what an older version made into the lists that it did not know. */
  enterOld: () => Promise<void>
}

/** How many sessions are asked at once. */
const BATCH = 200

/** One page, newest first, and how many there are in all. */
export async function listSessions(
  place: ListedPlace,
  query: SessionQuery,
): Promise<{ sessions: SessionDocument[]; nextCursor: string | undefined; total: number }> {
  const list = listFor(place.index.keys, query)
  if (list.isNew) await place.enterOld()
  const { sessions, total } = list.isExact ? await readAny(place, list.key, query) : await readSome(place, list.key, query)
  const page = sessions.slice(0, query.limit)
  const last = page.at(-1)
  return {
    sessions: page,
    total,
    nextCursor: last && sessions.length > page.length ? toCursor({ createdAt: Date.parse(last.created_at), id: last.id }) : undefined,
  }
}

/** The shortest list that holds all that is wanted. `isExact`: and nothing else; `isNew`: an older version did not keep it. */
function listFor(keys: SessionIndex['keys'], { owner, dead, statuses, text, of, roots }: SessionQuery): { key: string; isExact: boolean; isNew: boolean } {
  const isAny = !dead && !statuses && !text
  if (of !== undefined) return { key: keys.childrenOf(of), isExact: false, isNew: true }
  if (owner !== undefined) return { key: dead ? keys.deadOf(owner) : keys.of(owner), isExact: isAny && !roots, isNew: false }
  if (dead) return { key: keys.dead, isExact: false, isNew: true }
  return { key: roots ? keys.roots : keys.all, isExact: isAny, isNew: true }
}

interface Read {
  /** The page, and one more where there is another page. */
  sessions: SessionDocument[]
  total: number
}

/** All that a list holds: no more of them are looked at than are shown, and the list knows how many there are. */
async function readAny(place: ListedPlace, key: string, query: SessionQuery): Promise<Read> {
  const { ask, client } = place
  const end = readEnd(query)
  const sessions: SessionDocument[] = []
  for (let offset = 0; sessions.length <= query.limit; offset += query.limit + 1) {
    const range = { BY: 'SCORE', REV: true, LIMIT: { offset, count: query.limit + 1 } } as const
    const listed = await ask(() => client.zRangeWithScores(key, end.createdAt, '-inf', range))
    const behind = listed.map(toEntry).filter((entry) => isBehind(entry, end))
    sessions.push(...(await readAll(place, query, behind)))
    if (listed.length <= query.limit) break
  }
  return { sessions, total: await ask(() => client.zCard(key)) }
}

/** Some of what a list holds: all have to be asked, because what they are is known to nobody else. */
async function readSome(place: ListedPlace, key: string, query: SessionQuery): Promise<Read> {
  const end = readEnd(query)
  const wanted = await askAll(place, key, query)
  const behind = wanted.filter((entry) => isBehind(entry, end))
  const sessions: SessionDocument[] = []
  for (let at = 0; at < behind.length && sessions.length <= query.limit; at += query.limit + 1) {
    sessions.push(...(await readAll(place, query, behind.slice(at, at + query.limit + 1))))
  }
  return { sessions, total: wanted.length }
}

/** A list may name sessions that do not belong there: each is asked, and those that went astray are taken out. */
async function askAll(place: ListedPlace, key: string, query: SessionQuery): Promise<PageEnd[]> {
  const { ask, client, index } = place
  const listed = await ask(() => client.zRangeWithScores(key, 0, -1, { REV: true }))
  const wanted: PageEnd[] = []
  for (let at = 0; at < listed.length; at += BATCH) {
    const batch = listed.slice(at, at + BATCH).map(toEntry)
    const answers = await ask(() => Promise.all(batch.map(({ id }) => askOne(place, id, query))))
    wanted.push(...batch.filter((_, position) => answers[position] === 'wanted'))
    const astray = batch.filter((_, position) => answers[position] === 'astray')
    await ask(() => Promise.all(astray.map(({ id }) => index.tidy(id, { owner: query.owner, parent: query.of }))))
  }
  return wanted
}

/** Asked in the place where it is, without its document where that can be. */
async function askOne({ client, prefix, read }: ListedPlace, id: string, query: SessionQuery): Promise<'wanted' | 'other' | 'astray'> {
  const { owner, dead, statuses, text, of, roots } = query
  const { doc } = sessionKeys(prefix, id)
  const [facts, has] = await Promise.all([
    client.hmGet(doc, ['owner', 'status', 'dead', 'parent', 'request_id']),
    text ? GOAL_HAS(client, [doc], toWords(text)) : 1,
  ])
  const [ownerNow, status, deadNow, parent, requestId] = facts
  if (!ownerNow || (owner !== undefined && ownerNow !== owner) || (dead && deadNow !== '1')) return 'astray'
  const isAsked = of !== undefined || roots || text !== undefined
  // One of an older version says of itself only what its document says.
  if (isAsked && (parent === null || parent === undefined)) {
    const document = (await read(id))?.document
    return document && isWanted(document, query) ? 'wanted' : 'other'
  }
  if (of !== undefined && parent !== of) return 'astray'
  if (statuses && !statuses.some((one) => one === status)) return 'other'
  if (roots && parent !== '') return 'other'
  return has === 1 || id === text || requestId === text ? 'wanted' : 'other'
}

/** The documents, without what went away or became something else meanwhile. */
async function readAll({ ask, read, index }: ListedPlace, query: SessionQuery, entries: readonly PageEnd[]): Promise<SessionDocument[]> {
  const stored = await ask(() => Promise.all(entries.map(({ id }) => read(id))))
  const isAstray = (session: StoredSession | undefined): boolean => !session || (query.owner !== undefined && session.document.owner !== query.owner)
  const astray = entries.filter((_, position) => isAstray(stored[position]))
  await ask(() => Promise.all(astray.map(({ id }) => index.tidy(id, { owner: query.owner, parent: query.of }))))
  return stored.flatMap((session) => (session && isWanted(session.document, query) ? [session.document] : []))
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
