import type { SessionFacts } from '../session-facts.ts'
import type { RedisClient } from './open-redis.ts'
import { sessionKeys } from './session-keys.ts'

/** Which sessions there are, beside the sessions themselves. */
export interface SessionIndex {
  keys: { unfinished: string; finished: string; of: (owner: string) => string; deadOf: (owner: string) => string }
  /** Enters a session that is new wherever it belongs. Sent before and after it is made. */
  enterNew(id: string, facts: SessionFacts): Promise<void>
  /** Enters the session where it belongs from now on. Sent before it is written. */
  enter(id: string, facts: SessionFacts): Promise<void>
  /** Takes the session out of wherever it does not belong as it is now, or is gone. `owner` says whose it was. */
  tidy(id: string, owner: string | undefined): Promise<void>
}

/**
 * Sorted sets, which may lie elsewhere than the sessions and so are not written together with them. Hence:
 *  1. A session is entered before it is written. What is entered in vain is found when it is looked for, and
 *     does no harm; a session that is in no list would never be driven again.
 *  2. Whoever reads a list asks each session whether it belongs there: the session is the one truth.
 *  3. What takes a session out of a list looks at it afterwards, and enters it again where it came to belong there meanwhile.
 */
export function createSessionIndex(client: RedisClient, prefix: string): SessionIndex {
  const keys = {
    /** By when they were written last. */
    unfinished: `${prefix}:unfinished`,
    /** By when they finished. */
    finished: `${prefix}:finished`,
    /** By when they were made. */
    of: (owner: string) => `${prefix}:owner:${owner}`,
    deadOf: (owner: string) => `${prefix}:dead:${owner}`,
  }

  async function enterNew(id: string, facts: SessionFacts): Promise<void> {
    await Promise.all([client.zAdd(keys.of(facts.owner), { score: facts.createdAt, value: id }), enter(id, facts)])
  }

  async function enter(id: string, { owner, createdAt, updatedAt, finishedAt, dead }: SessionFacts): Promise<void> {
    await Promise.all([
      finishedAt === undefined ? client.zAdd(keys.unfinished, { score: updatedAt, value: id }) : client.zAdd(keys.finished, { score: finishedAt, value: id }),
      ...(dead ? [client.zAdd(keys.deadOf(owner), { score: createdAt, value: id })] : []),
    ])
  }

  async function factsNow(id: string): Promise<SessionFacts | undefined> {
    const fields = ['owner', 'status', 'created_at', 'updated_at', 'finished_at', 'dead']
    const [owner, status, createdAt, updatedAt, finishedAt, dead] = await client.hmGet(sessionKeys(prefix, id).doc, fields)
    if (!owner) return undefined
    return {
      owner,
      status: status as SessionFacts['status'],
      createdAt: Number(createdAt),
      updatedAt: Number(updatedAt),
      finishedAt: finishedAt ? Number(finishedAt) : undefined,
      wakeAt: undefined,
      dead: dead === '1',
    }
  }

  async function tidy(id: string, owner: string | undefined): Promise<void> {
    const facts = await factsNow(id)
    await Promise.all([
      ...(facts && facts.finishedAt === undefined ? [] : [client.zRem(keys.unfinished, id)]),
      ...(facts && facts.finishedAt !== undefined ? [] : [client.zRem(keys.finished, id)]),
      ...(owner === undefined || facts?.owner === owner ? [] : [client.zRem(keys.of(owner), id)]),
      ...(owner === undefined || (facts?.dead && facts.owner === owner) ? [] : [client.zRem(keys.deadOf(owner), id)]),
    ])
    const after = await factsNow(id)
    if (after) await enterNew(id, after)
  }

  return { keys, enterNew, enter, tidy }
}
