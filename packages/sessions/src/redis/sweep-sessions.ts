import type { Asker } from './ask-redis.ts'
import type { RedisClient } from './open-redis.ts'
import type { SessionIndex } from './session-index.ts'
import { sessionKeys, type SessionKeys } from './session-keys.ts'
import { EXPIRE, LOOK, REMOVE } from './session-scripts.ts'

export interface SweptPlace {
  /** Each session is asked for by itself: however many there are, none of it takes long. */
  ask: Asker['ask']
  client: RedisClient
  prefix: string
  index: SessionIndex
}

/** How many sessions are asked at once. */
const BATCH = 100

/** Sessions that nobody holds and that want driving, those first that were written longest ago. */
export async function findUnattended({ ask, client, prefix, index }: SweptPlace, limit: number): Promise<string[]> {
  const wanted: string[] = []
  const ids = await ask(() => client.zRange(index.keys.unfinished, 0, -1))
  for (let at = 0; at < ids.length && wanted.length < limit; at += BATCH) {
    const batch = ids.slice(at, at + BATCH)
    const looks = await ask(() => Promise.all(batch.map((id) => look(client, sessionKeys(prefix, id)))))
    wanted.push(...batch.filter((_, position) => looks[position] === 'wants'))
    const astray = batch.filter((_, position) => looks[position] === 'over' || looks[position] === 'gone')
    await ask(() => Promise.all(astray.map((id) => index.tidy(id, {}))))
  }
  return wanted.slice(0, limit)
}

/** Removes sessions without dead letters that finished before `before` (milliseconds), with all that belongs to them; answers how many. */
export async function removeFinished({ ask, client, prefix, index }: SweptPlace, before: number): Promise<number> {
  const ids = await ask(() => client.zRangeByScore(index.keys.finished, '-inf', `(${before}`))
  let removed = 0
  for (let at = 0; at < ids.length; at += BATCH) {
    const answers = await Promise.all(ids.slice(at, at + BATCH).map((id) => ask(() => removeOne(id))))
    removed += answers.filter((answer) => answer === 'removed').length
  }
  return removed

  async function removeOne(id: string): Promise<unknown> {
    const keys = sessionKeys(prefix, id)
    const [owner, dead, parent] = await client.hmGet(keys.doc, ['owner', 'dead', 'parent'])
    if (dead === '1') return 'kept'
    const answer = await removeSession(client, keys, before)
    await index.tidy(id, { owner: owner ?? undefined, parent: parent ?? undefined })
    return answer
  }
}

/** Removes the session with all that belongs to it; with a time, only where `removeFinished` would. */
export async function removeSession(client: RedisClient, keys: SessionKeys, before?: number): Promise<unknown> {
  return REMOVE(client, [keys.doc, keys.inbox, keys.events, keys.parts, keys.lock], [keys.channel, ...(before === undefined ? [] : [String(before)])])
}

/** Marks unfinished sessions expired that nobody holds and that did not change since `before` (milliseconds); answers how many. */
export async function expireAbandoned({ ask, client, prefix, index }: SweptPlace, before: number): Promise<number> {
  const ids = await ask(() => client.zRangeByScore(index.keys.unfinished, '-inf', `(${before}`))
  let expired = 0
  for (const id of ids) if (await ask(() => expireOne(id))) expired += 1
  return expired

  async function expireOne(id: string): Promise<boolean> {
    const keys = sessionKeys(prefix, id)
    const state = await look(client, keys)
    if (state === 'held') return false
    const [json, rev, fence, updatedAt, createdAt, owner] = await client.hmGet(keys.doc, ['json', 'rev', 'fence', 'updated_at', 'created_at', 'owner'])
    if (state === 'gone' || state === 'over' || !json || !rev || !fence || !owner || Number(updatedAt) >= before) {
      await index.tidy(id, {})
      return false
    }
    const now = new Date()
    const at = now.getTime()
    await index.enter(id, { owner, status: 'expired', createdAt: Number(createdAt), updatedAt: at, finishedAt: at, wakeAt: undefined, dead: false })
    const event = JSON.stringify({ type: 'session.expired', at: now.toISOString() })
    const done = await EXPIRE(client, [keys.doc, keys.events, keys.lock], [rev, fence, expiredJson(json, now), String(at), keys.channel, event])
    await index.tidy(id, { owner })
    return done === 1
  }
}

/** A document that cannot be read any more is left as it is: it must not stand in the way of all others. */
function expiredJson(json: string, now: Date): string {
  try {
    return JSON.stringify({ ...(JSON.parse(json) as object), status: 'expired', updated_at: now.toISOString(), finished_at: now.toISOString() })
  } catch {
    return json
  }
}

async function look(client: RedisClient, { doc, inbox, lock }: SessionKeys): Promise<unknown> {
  return LOOK(client, [doc, inbox, lock], [String(Date.now())])
}
