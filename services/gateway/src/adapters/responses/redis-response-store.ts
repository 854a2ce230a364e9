import type { Redis } from '@signalbox/sessions'
import { createAsker, createScript } from '@signalbox/sessions/redis'
import { z } from 'zod'

import { RESPONSE_BOUNDS, type NewResponse, type ResponseBounds, type ResponseStore, type StoredResponse } from '../../core/responses/response-store.ts'
import { alreadyThere } from './sqlite-response-store.ts'

export interface RedisResponseStoreOptions extends Partial<ResponseBounds> {
  redis: Redis
  /** What all keys begin with. */
  prefix: string
  now?: () => number
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
 * Responses on the Redis that replicas share: each a hash that Redis forgets when its time is over, beside its owner's
 * ids by age and by end, and what each weighs; all of an owner lies in one slot. Those that are not over are listed in a
 * set of their own, which may name more than there are: who reads it looks. So do the sets that say whose a name is.
 */
export function openRedisResponseStore({ redis, prefix, now = Date.now, ...bounds }: RedisResponseStoreOptions): ResponseStore {
  const { client } = redis
  const { mostPerOwner, mostBytesPerOwner } = { ...RESPONSE_BOUNDS, ...bounds }
  const asker = createAsker(redis, 'response store')
  const openKey = `${prefix}:{responses}:open`
  const nameKey = (name: string): string => `${prefix}:{response-name:${name}}`
  const place = (owner: string): string => `${prefix}:{responses:${owner}}`
  const key = (owner: string, id: string): string => `${place(owner)}:of:${id}`
  const member = (owner: string, id: string): string => `${owner}\n${id}`
  const keysOf = (owner: string, id: string, op: string): string[] => [
    key(owner, id),
    ...['age', 'ends', 'bytes', `op:${op}`].map((name) => `${place(owner)}:${name}`),
  ]

  const find = async (owner: string, id: string): Promise<StoredResponse | undefined> => {
    const hash = await asker.ask(() => client.hGetAll(key(owner, id)))
    const found = hashSchema.safeParse({ ...hash }).data
    return found && found.endsAt > now() ? found : undefined
  }
  const markOpen = async ({ owner, id, open, createdAt }: NewResponse): Promise<void> => {
    await asker.ask(() => (open ? client.zAdd(openKey, { score: createdAt, value: member(owner, id) }) : client.zRem(openKey, member(owner, id))))
  }
  const name = async ({ owner, endsAt, names = [] }: NewResponse): Promise<void> => {
    await Promise.all(names.map((one) => asker.ask(() => NAME(client, [nameKey(one)], [owner, String(endsAt)]))))
  }
  /** What a script has answered; names that lead to what is gone are forgotten, lest they pile up. */
  const settle = async (said: unknown, owner: string): Promise<string> => {
    const [answer = '', ...gone] = String(said).split('\n')
    await Promise.all(gone.filter((one) => one !== '').map((one) => asker.ask(() => client.sRem(nameKey(one), owner))))
    return answer
  }
  const write = async (entry: NewResponse, version: number): Promise<string> => {
    const { owner, id, createdAt, endsAt, open, json, names } = entry
    const args = [owner, id, createdAt, endsAt, Number(open), json, names?.join('\n') ?? '', version, now(), mostPerOwner, mostBytesPerOwner]
    // Listed first: one that is listed and not there is passed over, one that is there and not listed would be forgotten.
    if (open) await markOpen(entry)
    await name(entry)
    const said = await asker.once(entry, (op) => WRITE(client, keysOf(owner, id, op), [...args.map(String), `${place(owner)}:of:`]))
    return settle(said, owner)
  }

  return {
    async add(entry) {
      if ((await write(entry, 0)) === 'taken') throw alreadyThere()
    },
    find,
    async change(entry, version) {
      if ((await write(entry, version)) !== 'done') return false
      if (!entry.open) await markOpen(entry)
      return true
    },
    async findForeign(owner, names) {
      const owners = await Promise.all(names.map((one) => asker.ask(() => client.sMembers(nameKey(one)))))
      return names.filter((_, index) => {
        const of = owners[index] ?? []
        return of.length > 0 && !of.includes(owner)
      })
    },
    async remove(owner, id) {
      const was = await find(owner, id)
      await settle(await asker.ask(() => REMOVE(client, keysOf(owner, id, ''), [owner, id, `${place(owner)}:of:`])), owner)
      await asker.ask(() => client.zRem(openKey, member(owner, id)))
      return was !== undefined
    },
    async listOpen(limit) {
      const found: StoredResponse[] = []
      for (const listed of await asker.ask(() => client.zRange(openKey, 0, -1))) {
        if (found.length >= limit) break
        const [owner = '', id = ''] = listed.split('\n')
        const entry = await find(owner, id)
        if (entry?.open === true) found.push(entry)
        else await asker.ask(() => client.zRem(openKey, listed))
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
/** As many whose time is over are struck off the lists at once. */
const MOST_STRUCK = 100

/** Takes one from all lists. Its names are gathered, for they lie elsewhere. */
const FORGET = `
local gone = ''
local function forget(base, id)
  local names = redis.call('HGET', base .. id, 'names')
  if names and names ~= '' then gone = gone .. '\\n' .. names end
  local bytes = redis.call('HGET', KEYS[4], id)
  if bytes then redis.call('HINCRBY', KEYS[4], 'total', 0 - tonumber(bytes)) end
  redis.call('HDEL', KEYS[4], id)
  redis.call('ZREM', KEYS[2], id)
  redis.call('ZREM', KEYS[3], id)
  redis.call('DEL', base .. id)
end`

/** Adds where no version is named, else changes that version; then takes the oldest that are over until all is within bounds. */
const WRITE = createScript(`${FORGET}
local said = redis.call('GET', KEYS[5])
if said then return said end
local owner, id, createdAt, endsAt, open, json, names, version, now, most, mostBytes, base = unpack(ARGV)
local there = redis.call('HGET', KEYS[1], 'version')
local answer = 'done'
if version == '0' and there then answer = 'taken' end
if version ~= '0' and there ~= version then answer = 'changed' end
if answer == 'done' then
  redis.call('HSET', KEYS[1], 'owner', owner, 'id', id, 'version', string.format('%.0f', tonumber(version) + 1), 'createdAt', createdAt, 'endsAt', endsAt, 'open', open, 'json', json)
  if names ~= '' then redis.call('HSET', KEYS[1], 'names', names) end
  redis.call('PEXPIREAT', KEYS[1], endsAt)
  redis.call('ZADD', KEYS[2], createdAt, id)
  redis.call('ZADD', KEYS[3], endsAt, id)
  redis.call('HINCRBY', KEYS[4], 'total', #json - tonumber(redis.call('HGET', KEYS[4], id) or '0'))
  redis.call('HSET', KEYS[4], id, #json)
  for list = 2, 4 do
    redis.call('PEXPIREAT', KEYS[list], endsAt, 'GT')
    redis.call('PEXPIREAT', KEYS[list], endsAt, 'NX')
  end
  for _, late in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, ${MOST_STRUCK})) do
    if late ~= id then forget(base, late) end
  end
  local from = 0
  while redis.call('ZCARD', KEYS[2]) > tonumber(most) or tonumber(redis.call('HGET', KEYS[4], 'total') or '0') > tonumber(mostBytes) do
    local old = redis.call('ZRANGE', KEYS[2], from, from)[1]
    if not old then break end
    if old == id or redis.call('HGET', base .. old, 'open') == '1' then from = from + 1 else forget(base, old) end
  end
end
answer = answer .. gone
redis.call('SET', KEYS[5], answer, 'PX', ${OP_KEPT_MS})
return answer`)

const REMOVE = createScript(`${FORGET}
forget(ARGV[3], ARGV[2])
return 'done' .. gone`)

const NAME = createScript(`
redis.call('SADD', KEYS[1], ARGV[1])
redis.call('PEXPIREAT', KEYS[1], ARGV[2], 'GT')
redis.call('PEXPIREAT', KEYS[1], ARGV[2], 'NX')
return 'done'`)
