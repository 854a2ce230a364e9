import type { SessionFacts } from '../session-facts.ts'
import type { RedisClient } from './open-redis.ts'
import type { SessionSubject } from '../session-subject.ts'
import { sessionKeys } from './session-keys.ts'

/** Which sessions there are, beside the sessions themselves. */
export interface SessionIndex {
  keys: {
    unfinished: string
    finished: string
    all: string
    roots: string
    dead: string
    of: (owner: string) => string
    deadOf: (owner: string) => string
    childrenOf: (parent: string) => string
  }
  /** Enters a session that is new wherever it belongs. Sent before and after it is made. */
  enterNew(id: string, facts: SessionFacts, parent: SessionSubject['parent']): Promise<void>
  /** Enters the session where it belongs from now on. Sent before it is written. */
  enter(id: string, facts: SessionFacts): Promise<void>
  /** Takes the session out of wherever it does not belong as it is now, or is gone. `was` says whose it was, where that is known. */
  tidy(id: string, was: { owner?: string | undefined; parent?: string | undefined }): Promise<void>
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
    all: `${prefix}:all`,
    /** Those that work for no other. */
    roots: `${prefix}:roots`,
    dead: `${prefix}:dead`,
    childrenOf: (parent: string) => `${prefix}:children:${parent}`,
  }

  async function enterNew(id: string, facts: SessionFacts, parent: string): Promise<void> {
    const place = { score: facts.createdAt, value: id }
    const lists = [keys.of(facts.owner), keys.all, parent === '' ? keys.roots : keys.childrenOf(parent)]
    await Promise.all([...lists.map((list) => client.zAdd(list, place)), enter(id, facts)])
  }

  async function enter(id: string, { owner, createdAt, updatedAt, finishedAt, dead }: SessionFacts): Promise<void> {
    await Promise.all([
      finishedAt === undefined ? client.zAdd(keys.unfinished, { score: updatedAt, value: id }) : client.zAdd(keys.finished, { score: finishedAt, value: id }),
      ...(dead ? [keys.deadOf(owner), keys.dead].map((list) => client.zAdd(list, { score: createdAt, value: id })) : []),
    ])
  }

  async function factsNow(id: string): Promise<(SessionFacts & { parent: string | undefined }) | undefined> {
    const fields = ['owner', 'status', 'created_at', 'updated_at', 'finished_at', 'dead', 'parent']
    const [owner, status, createdAt, updatedAt, finishedAt, dead, parent] = await client.hmGet(sessionKeys(prefix, id).doc, fields)
    if (!owner) return undefined
    return {
      owner,
      status: status as SessionFacts['status'],
      createdAt: Number(createdAt),
      updatedAt: Number(updatedAt),
      finishedAt: finishedAt ? Number(finishedAt) : undefined,
      wakeAt: undefined,
      dead: dead === '1',
      // One of an older version does not say.
      parent: parent ?? undefined,
    }
  }

  async function tidy(id: string, { owner, parent }: { owner?: string | undefined; parent?: string | undefined }): Promise<void> {
    const facts = await factsNow(id)
    const isIn = (list: string, belongs: boolean): string[] => (belongs ? [] : [list])
    const astray = [
      ...isIn(keys.unfinished, facts !== undefined && facts.finishedAt === undefined),
      ...isIn(keys.finished, facts?.finishedAt !== undefined),
      ...isIn(keys.all, facts !== undefined),
      ...isIn(keys.roots, facts !== undefined && !facts.parent),
      ...isIn(keys.dead, facts?.dead === true),
      ...(owner === undefined
        ? []
        : [...isIn(keys.of(owner), facts?.owner === owner), ...isIn(keys.deadOf(owner), facts?.dead === true && facts.owner === owner)]),
      ...(parent ? isIn(keys.childrenOf(parent), facts !== undefined && (facts.parent ?? parent) === parent) : []),
    ]
    await Promise.all(astray.map((list) => client.zRem(list, id)))
    const after = await factsNow(id)
    if (after?.parent !== undefined) await enterNew(id, after, after.parent)
    else if (after) await Promise.all([client.zAdd(keys.of(after.owner), { score: after.createdAt, value: id }), enter(id, after)])
  }

  return { keys, enterNew, enter, tidy }
}
