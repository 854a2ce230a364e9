import { createScript } from '@signalbox/sessions/redis'

/*
 * What happens to the ledger, each at once or not at all. Every key that a script touches is given to it.
 *
 * A write has an id of its own, kept for a while with its answer: one that is repeated because its answer was
 * lost is answered the same, and does not happen twice. Times are milliseconds since the epoch.
 */

/** How long the answer of a write is kept, seconds: longer than anybody repeats one. */
const ANSWER_KEPT = 120

/**
 * Looks whether the approval is as it was thought to be and whether the chain still ends where its new entries
 * begin, and then does all commands. Those that can fail come first.
 *
 * `guard` is 'new' for an approval that must not be there, the version it must have, or '' for none; `behind` is
 * '' where nothing is noted. A command is its length, its name, the number of its key, and its arguments;
 * UNLESS is a HSETNX that leaves out as many commands behind it as its last argument says, if the field was there.
 *
 * Answers 'there', 'gone', 'moved <version>', 'decided <state>', 'behind <head>', or 'written <head before>'.
 */
export const WRITE = createScript(`
local op, head, approval = KEYS[1], KEYS[2], KEYS[3]
local guard, state, behind, channel = unpack(ARGV, 1, 4)
local done = redis.call('GET', op)
if done then return done end
if guard ~= '' then
  local now = redis.call('HMGET', approval, 'version', 'state')
  if guard == 'new' then
    if now[1] then return 'there' end
  else
    if not now[1] then return 'gone' end
    if now[1] ~= guard then return 'moved ' .. now[1] end
    if now[2] ~= 'pending' and now[2] ~= state then return 'decided ' .. now[2] end
  end
end
if behind ~= '' then
  local last = redis.call('GET', head) or ('0 ' .. string.rep('0', 64))
  if last ~= behind then return 'behind ' .. last end
end
local at, left_out = 5, 0
while at <= #ARGV do
  local length = tonumber(ARGV[at])
  local command = {unpack(ARGV, at + 1, at + length)}
  command[2] = KEYS[tonumber(command[2])]
  if left_out > 0 then
    left_out = left_out - 1
  elseif command[1] == 'UNLESS' then
    if redis.call('HSETNX', command[2], command[3], command[4]) == 0 then left_out = tonumber(command[5]) end
  else
    redis.call(unpack(command))
  end
  at = at + length + 1
end
redis.call('SET', op, 'written ' .. behind, 'EX', ${ANSWER_KEPT})
if behind ~= '' then redis.call('PUBLISH', channel, '') end
return 'written ' .. behind
`)

/** Takes messages that are due: they are due again when the lease is over. Answers their JSON. */
export const CLAIM = createScript(`
local waiting, holders, deliveries, op = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local now, limit, over, holder = unpack(ARGV)
local done = redis.call('GET', op)
local ids = done and cjson.decode(done) or redis.call('ZRANGE', waiting, '-inf', now, 'BYSCORE', 'LIMIT', 0, limit)
if #ids == 0 then return {} end
if not done then
  for _, id in ipairs(ids) do
    redis.call('ZADD', waiting, over, id)
    redis.call('HSET', holders, id, holder)
  end
  redis.call('SET', op, cjson.encode(ids), 'EX', ${ANSWER_KEPT})
end
return redis.call('HMGET', deliveries, unpack(ids))
`)

/**
 * Puts down how a try went. What is finished stays so; and of one that another has taken since, only that it
 * was delivered after all is news. Answers 'gone', 'finished', 'taken' or 'settled'.
 */
export const SETTLE = createScript(`
local deliveries, waiting, finished, holders = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, json, state, at, holder = unpack(ARGV)
if redis.call('HEXISTS', deliveries, id) == 0 then return 'gone' end
if not redis.call('ZSCORE', waiting, id) then return 'finished' end
local held = redis.call('HGET', holders, id)
if held and held ~= holder and state ~= 'delivered' then return 'taken' end
redis.call('HSET', deliveries, id, json)
redis.call('HDEL', holders, id)
if state == 'waiting' then
  redis.call('ZADD', waiting, at, id)
else
  redis.call('ZREM', waiting, id)
  redis.call('ZADD', finished, at, id)
end
return 'settled'
`)

/** Answers 1 for the first that uses the token up, however often that one must ask; and else 0. */
export const USE = createScript(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PXAT', ARGV[2]) then return 1 end
return redis.call('GET', KEYS[1]) == ARGV[1] and 1 or 0
`)

/** Forgets an approval that was decided before \`before\` and whose session has been told, in all of its lists. Answers 1 or 0. */
export const FORGET_APPROVAL = createScript(`
local approval, decided, undelivered = KEYS[1], KEYS[2], KEYS[3]
local id, before = ARGV[1], ARGV[2]
local at = redis.call('ZSCORE', decided, id)
if not at or tonumber(at) >= tonumber(before) or redis.call('ZSCORE', undelivered, id) then return 0 end
redis.call('DEL', approval)
for list = 4, #KEYS do redis.call('ZREM', KEYS[list], id) end
redis.call('ZREM', decided, id)
return 1
`)

/** Forgets a message that was finished before \`before\`, in all of its lists. Answers 1 or 0. */
export const FORGET_DELIVERY = createScript(`
local deliveries, finished = KEYS[1], KEYS[2]
local id, before = ARGV[1], ARGV[2]
local at = redis.call('ZSCORE', finished, id)
if not at or tonumber(at) >= tonumber(before) then return 0 end
redis.call('HDEL', deliveries, id)
for list = 3, #KEYS do redis.call('ZREM', KEYS[list], id) end
redis.call('ZREM', finished, id)
return 1
`)
