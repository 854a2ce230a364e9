import type { Redis } from '@signalbox/sessions'
import { createAsker, createScript } from '@signalbox/sessions/redis'
import { z } from 'zod'

import { MOST_RESPONSES, type NewResponse, type ResponseStore, type StoredResponse } from '../../core/responses/response-store.ts'
import { alreadyThere } from './sqlite-response-store.ts'

export interface RedisResponseStoreOptions {
  redis: Redis
  /** What all keys begin with. */
  prefix: string
  now?: () => number
  mostPerOwner?: number
}

const hashSchema = z.object({
  owner: z.string(),
  id: z.string(),
  version: z.coerce.number(),
  createdAt: z.coerce.number(),
  endsAt: z.coerce.number(),
  open: z.enum(['0', '1']).transform((open) => open === '1'),
  json: z.string(),
})

/**
 * Responses on the Redis that replicas share: each a hash that Redis forgets when its time is over, beside a set of its
 * owner's ids by age; all of an owner lies in one slot. Those that are not over are listed in a set of their own, which
 * may name more than there are: who reads it looks.
 */
export function openRedisResponseStore({ redis, prefix, now = Date.now, mostPerOwner = MOST_RESPONSES }: RedisResponseStoreOptions): ResponseStore {
  const { client } = redis
  const asker = createAsker(redis, 'response store')
  const openKey = `${prefix}:{responses}:open`
  const ageKey = (owner: string): string => `${prefix}:{responses:${owner}}:age`
  const key = (owner: string, id: string): string => `${prefix}:{responses:${owner}}:of:${id}`
  const member = (owner: string, id: string): string => `${owner}\n${id}`

  const find = async (owner: string, id: string): Promise<StoredResponse | undefined> => {
    const hash = await asker.ask(() => client.hGetAll(key(owner, id)))
    const found = hashSchema.safeParse({ ...hash }).data
    return found && found.endsAt > now() ? found : undefined
  }
  const markOpen = async ({ owner, id, open, createdAt }: NewResponse): Promise<void> => {
    await asker.ask(() => (open ? client.zAdd(openKey, { score: createdAt, value: member(owner, id) }) : client.zRem(openKey, member(owner, id))))
  }

  return {
    async add(entry) {
      const { owner, id, createdAt, endsAt, open, json } = entry
      const args = [owner, id, String(createdAt), String(endsAt), open ? '1' : '0', json, String(mostPerOwner), `${prefix}:{responses:${owner}}:of:`]
      // Listed first: one that is listed and not there is passed over, one that is there and not listed would be forgotten.
      if (open) await markOpen(entry)
      const said = await asker.once(entry, (op) => ADD(client, [key(owner, id), ageKey(owner), `${prefix}:{responses:${owner}}:op:${op}`], args))
      if (said === 'taken') throw alreadyThere()
    },
    find,
    async change(entry, version) {
      const { owner, id, endsAt, open, json } = entry
      if (open) await markOpen(entry)
      const said = await asker.once(entry, (op) =>
        CHANGE(client, [key(owner, id), `${prefix}:{responses:${owner}}:op:${op}`], [String(version), String(endsAt), open ? '1' : '0', json]),
      )
      if (said === 'done' && !open) await markOpen(entry)
      return said === 'done'
    },
    async remove(owner, id) {
      const was = await find(owner, id)
      await asker.ask(() => client.multi().del(key(owner, id)).zRem(ageKey(owner), id).exec())
      await asker.ask(() => client.zRem(openKey, member(owner, id)))
      return was !== undefined
    },
    async listOpen(limit) {
      const found: StoredResponse[] = []
      for (const name of await asker.ask(() => client.zRange(openKey, 0, -1))) {
        if (found.length >= limit) break
        const [owner = '', id = ''] = name.split('\n')
        const entry = await find(owner, id)
        if (entry?.open === true) found.push(entry)
        else await asker.ask(() => client.zRem(openKey, name))
      }
      return found
    },
    // Redis forgets them by itself.
    sweep: async () => undefined,
    close: async () => asker.close(),
  }
}

/** A script that is sent again because its answer was lost answers what it answered before. */
const OP_KEPT_MS = 60_000

const ADD = createScript(`
local said = redis.call('GET', KEYS[3])
if said then return said end
local owner, id, createdAt, endsAt, open, json, most, base = unpack(ARGV)
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('SET', KEYS[3], 'taken', 'PX', ${OP_KEPT_MS})
  return 'taken'
end
redis.call('HSET', KEYS[1], 'owner', owner, 'id', id, 'version', '1', 'createdAt', createdAt, 'endsAt', endsAt, 'open', open, 'json', json)
redis.call('PEXPIREAT', KEYS[1], endsAt)
redis.call('ZADD', KEYS[2], createdAt, id)
redis.call('PEXPIREAT', KEYS[2], endsAt, 'GT')
redis.call('PEXPIREAT', KEYS[2], endsAt, 'NX')
local over = redis.call('ZCARD', KEYS[2]) - tonumber(most)
if over > 0 then
  for _, old in ipairs(redis.call('ZRANGE', KEYS[2], 0, over - 1)) do
    redis.call('DEL', base .. old)
    redis.call('ZREM', KEYS[2], old)
  end
end
redis.call('SET', KEYS[3], 'done', 'PX', ${OP_KEPT_MS})
return 'done'`)

const CHANGE = createScript(`
local said = redis.call('GET', KEYS[2])
if said then return said end
local version, endsAt, open, json = unpack(ARGV)
local answer = 'changed'
if redis.call('HGET', KEYS[1], 'version') == version then
  redis.call('HSET', KEYS[1], 'version', string.format('%.0f', tonumber(version) + 1), 'endsAt', endsAt, 'open', open, 'json', json)
  redis.call('PEXPIREAT', KEYS[1], endsAt)
  answer = 'done'
end
redis.call('SET', KEYS[2], answer, 'PX', ${OP_KEPT_MS})
return answer`)
