import type { Asker } from './ask-redis.ts'
import type { RedisClient } from './open-redis.ts'
import type { SessionIndex } from './session-index.ts'
import { sessionKeys } from './session-keys.ts'

/** How many sessions are asked at once. */
const BATCH = 200

/**
 * Enters sessions that an older version made into the lists that it did not know. Once for each store that is
 * opened, before it reads one of those lists for the first time: while replicas are replaced one after the
 * other, the old ones go on making sessions.
 */
export function createOldSessions(place: { ask: Asker['ask']; client: RedisClient; prefix: string; index: SessionIndex }): () => Promise<void> {
  let entered: Promise<void> | undefined
  return () => (entered ??= enterAll(place).catch((error: unknown) => ((entered = undefined), Promise.reject(error as Error))))
}

async function enterAll({ ask, client, prefix, index }: Parameters<typeof createOldSessions>[0]): Promise<void> {
  const { keys } = index
  // Every session is in one of these two.
  for (const list of [keys.unfinished, keys.finished]) {
    const ids = await ask(() => client.zRange(list, 0, -1))
    for (let at = 0; at < ids.length; at += BATCH) {
      const batch = ids.slice(at, at + BATCH)
      const known = await ask(() => client.zmScore(keys.all, batch))
      const missing = batch.filter((_, position) => known[position] === null)
      await ask(() => Promise.all(missing.map(enterOne)))
    }
  }

  async function enterOne(id: string): Promise<void> {
    const [created, dead, json] = await client.hmGet(sessionKeys(prefix, id).doc, ['created_at', 'dead', 'json'])
    if (!created || !json) return
    const parent = parentIn(json)
    const lists = [keys.all, parent === undefined ? keys.roots : keys.childrenOf(parent), ...(dead === '1' ? [keys.dead] : [])]
    await Promise.all(lists.map((list) => client.zAdd(list, { score: Number(created), value: id })))
  }
}

/** A document that cannot be read any more is nobody's child. */
function parentIn(json: string): string | undefined {
  try {
    const { lineage = [] } = JSON.parse(json) as { lineage?: unknown[] }
    const parent = lineage.at(-1)
    return typeof parent === 'string' ? parent : undefined
  } catch {
    return undefined
  }
}
