import type { Redis } from '@signalbox/sessions'
import { createAsker, createScript } from '@signalbox/sessions/redis'
import { z } from 'zod'

import type { AccountStore, SignInSession } from '../../core/console/account-store.ts'
import { SIGN_IN_LIMITS } from '../../core/console/sign-in.ts'
import { storedUserSchema, type User } from '../../core/console/user.ts'
import { changedMeanwhile, isAdmin, lastAdmin, nameTaken, noSuchUser } from './account-faults.ts'

export interface RedisAccountStoreOptions {
  redis: Redis
  /** What all keys begin with. */
  prefix: string
}

const storedSessionSchema = z.object({
  hash: z.string(),
  userId: z.string(),
  generation: z.string(),
  createdAt: z.coerce.number(),
  seenAt: z.coerce.number(),
  endsAt: z.coerce.number(),
})

/**
 * Accounts on the Redis that replicas share. Users are one hash of JSON, subjects another that leads to them, those of
 * former users a third, enabled admins a set; a sign-in session is a hash that Redis forgets when it is over. One script at a time
 * looks and writes, so that no two can break a rule together.
 */
export function openRedisAccountStore({ redis, prefix }: RedisAccountStoreOptions): AccountStore {
  const { client } = redis
  const asker = createAsker(redis, 'account store')
  // One hash tag: on a cluster, scripts may touch the keys of one slot only.
  const base = `${prefix}:{console}`
  const keys = [`${base}:users`, `${base}:subjects`, `${base}:admins`, `${base}:former`]
  const [users, subjects] = keys as [string, string]
  const sessionKey = (hash: string): string => `${base}:session:${hash}`

  const find = async (id: string): Promise<User | undefined> => readUser(await asker.ask(() => client.hGet(users, id)))

  /** Asks a script that writes users, once however often it must be asked. */
  async function write(script: typeof ADD, user: Pick<User, 'id' | 'name'>, args: string[]): Promise<void> {
    const said = await asker.once({}, (op) => script(client, [...keys, `${base}:op:${op}`], [user.id, ...args]))
    switch (said) {
      case 'taken':
        throw nameTaken(user.name)
      case 'missing':
        throw noSuchUser()
      case 'changed':
        throw changedMeanwhile()
      case 'last':
        throw lastAdmin()
    }
  }

  return {
    add: (user) => write(ADD, user, [user.subject ?? '', isAdmin(user) ? '1' : '0', JSON.stringify(user)]),
    find,
    async findSubject(subject) {
      const id = await asker.ask(() => client.hGet(subjects, subject))
      return id === null ? undefined : find(id)
    },
    async list() {
      const all = await asker.ask(() => client.hVals(users))
      return all.flatMap((json) => readUser(json) ?? []).toSorted((one, other) => (one.id < other.id ? -1 : 1))
    },
    async change(user, version) {
      const before = await find(user.id)
      if (!before) throw noSuchUser()
      // Neither ever changes, so that what was just read holds.
      const changed = { ...user, name: before.name, subject: before.subject, version: version + 1 }
      await write(CHANGE, user, [String(version), isAdmin(changed) ? '1' : '0', JSON.stringify(changed)])
      return changed
    },
    remove: (id) => write(REMOVE, { id, name: id }, []),
    async beginSession(session) {
      const fields = Object.fromEntries(Object.entries(session).map(([name, value]) => [name, String(value)]))
      const key = sessionKey(session.hash)
      await asker.ask(() => client.multi().hSet(key, fields).pExpireAt(key, endOf(session)).exec())
    },
    async findSession(hash) {
      const fields = await asker.ask(() => client.hGetAll(sessionKey(hash)))
      return storedSessionSchema.safeParse({ ...fields }).data
    },
    async touchSession(hash, seenAt) {
      await asker.ask(() => TOUCH(client, [sessionKey(hash)], [String(seenAt), String(SIGN_IN_LIMITS.idleMs)]))
    },
    async endSession(hash) {
      await asker.ask(() => client.del(sessionKey(hash)))
    },
    // Redis forgets them by itself.
    sweepSessions: async () => undefined,
    close: async () => asker.close(),
  }
}

function endOf({ seenAt, endsAt }: SignInSession): number {
  return Math.min(endsAt, seenAt + SIGN_IN_LIMITS.idleMs)
}

function readUser(json: string | null | undefined): User | undefined {
  return json === null || json === undefined ? undefined : storedUserSchema.parse(JSON.parse(json))
}

/** A script that is sent again because its answer was lost answers what it answered before. */
const OP_KEPT_MS = 60_000
const once = (body: string): string => `
local users, subjects, admins, former, op = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id = ARGV[1]
local said = redis.call('GET', op)
if said then return said end
local function answer(word)
  redis.call('SET', op, word, 'PX', ${OP_KEPT_MS})
  return word
end
${body}`

const ADD = createScript(
  once(`
local subject, admin, json = ARGV[2], ARGV[3], ARGV[4]
if redis.call('HEXISTS', users, id) == 1 then return answer('taken') end
local was = redis.call('HGET', former, id)
if subject ~= '' and was and was ~= subject then return answer('taken') end
if subject ~= '' and redis.call('HSETNX', subjects, subject, id) == 0 then return answer('taken') end
redis.call('HSET', users, id, json)
if admin == '1' then redis.call('SADD', admins, id) end
return answer('done')`),
)

const CHANGE = createScript(
  once(`
local version, admin, json = tonumber(ARGV[2]), ARGV[3], ARGV[4]
local before = redis.call('HGET', users, id)
if not before then return answer('missing') end
if cjson.decode(before).version ~= version then return answer('changed') end
if admin == '0' and redis.call('SISMEMBER', admins, id) == 1 and redis.call('SCARD', admins) == 1 then return answer('last') end
redis.call('HSET', users, id, json)
redis.call(admin == '1' and 'SADD' or 'SREM', admins, id)
return answer('done')`),
)

const REMOVE = createScript(
  once(`
local before = redis.call('HGET', users, id)
if not before then return answer('missing') end
if redis.call('SISMEMBER', admins, id) == 1 and redis.call('SCARD', admins) == 1 then return answer('last') end
local subject = cjson.decode(before).subject
if type(subject) == 'string' then redis.call('HDEL', subjects, subject) end
redis.call('HSET', former, id, type(subject) == 'string' and subject or '')
redis.call('HDEL', users, id)
redis.call('SREM', admins, id)
return answer('done')`),
)

const TOUCH = createScript(`
local endsAt = tonumber(redis.call('HGET', KEYS[1], 'endsAt'))
if not endsAt then return 0 end
local seenAt = math.max(tonumber(ARGV[1]), tonumber(redis.call('HGET', KEYS[1], 'seenAt')))
redis.call('HSET', KEYS[1], 'seenAt', string.format('%.0f', seenAt))
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.min(endsAt, seenAt + tonumber(ARGV[2]))))
return 1`)
