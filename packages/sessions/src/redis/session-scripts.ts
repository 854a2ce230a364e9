import { createScript } from './run-script.ts'

/*
 * What happens to a session, each at once or not at all. Every key that a script touches is given to it and
 * has the session's id as its hash tag. Answers are short words or numbers, so that a script never fails
 * after its first write.
 *
 * A write has an id of its own, kept for a while with its answer: one that is repeated because its answer was
 * lost is answered the same, and does not happen twice.
 *
 * Times are milliseconds since the epoch; '' stands for none.
 */

/** How long the answer of a write is kept, seconds: longer than anybody repeats one. */
const ANSWER_KEPT = 120

/** Ends with `answer`, kept under the write's id. */
const KEEP = `
local function keep(key, answer)
  redis.call('SET', key, answer, 'EX', ${ANSWER_KEPT})
  return answer
end`

/** Appends the events ARGV[first..last] behind the one numbered \`seq\`. */
const APPEND = `
local function append(key, seq, first, last)
  for at = first, last do
    seq = seq + 1
    redis.call('XADD', key, seq .. '-0', 'json', ARGV[at])
  end
  return seq
end`

/** Answers 'taken', or 'created'. */
export const CREATE = createScript(`${KEEP}${APPEND}
local doc, events, parts, op = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local json, owner, status, created, updated, finished, wake, dead, goal, parent, request, channel, count = unpack(ARGV, 1, 13)
local done = redis.call('GET', op)
if done then return done end
if redis.call('EXISTS', doc) == 1 then return 'taken' end
local seq = append(events, 0, 14, 13 + count)
for at = 14 + count, #ARGV, 2 do redis.call('HSET', parts, ARGV[at], ARGV[at + 1]) end
redis.call('HSET', doc, 'json', json, 'rev', 1, 'fence', 0, 'last_seq', seq, 'position', 0, 'owner', owner, 'status', status,
  'created_at', created, 'updated_at', updated, 'finished_at', finished, 'wake_at', wake, 'dead', dead,
  'goal', goal, 'parent', parent, 'request_id', request)
redis.call('PUBLISH', channel, '')
return keep(op, 'created')
`)

/**
 * Checks fence and revision, and writes document, large values, events and what was consumed; to park, it
 * lets go as well, where nothing is unread. Answers 'gone', 'stale', 'moved <rev>', 'unread', or
 * 'saved <rev> <last_seq> <finished before> <dead before>'.
 */
export const SAVE = createScript(`${KEEP}${APPEND}
local doc, inbox, events, parts, lock, op = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local fence, rev, park, consumed, json, status, updated, finished, wake, dead, channel, count = unpack(ARGV, 1, 12)
local done = redis.call('GET', op)
if done then return done end
local now = redis.call('HMGET', doc, 'fence', 'rev', 'last_seq', 'finished_at', 'dead', 'token')
if not now[1] then return 'gone' end
if now[1] ~= fence then return 'stale' end
if now[2] ~= rev then return 'moved ' .. now[2] end
if park == '1' and #redis.call('XRANGE', inbox, consumed .. '-1', '+', 'COUNT', 1) > 0 then return 'unread' end
local seq = append(events, tonumber(now[3]), 13, 12 + count)
for at = 13 + count, #ARGV, 2 do redis.call('HSET', parts, ARGV[at], ARGV[at + 1]) end
redis.call('HSET', doc, 'json', json, 'rev', rev + 1, 'last_seq', seq, 'status', status,
  'updated_at', updated, 'finished_at', finished, 'wake_at', wake, 'dead', dead)
if consumed ~= '0' then redis.call('XTRIM', inbox, 'MINID', (consumed + 1) .. '-0') end
if park == '1' then
  redis.call('HINCRBY', doc, 'fence', 1)
  redis.call('HDEL', doc, 'token')
  if redis.call('GET', lock) == now[6] then redis.call('DEL', lock) end
end
redis.call('PUBLISH', channel, '')
return keep(op, 'saved ' .. (rev + 1) .. ' ' .. seq .. ' ' .. (now[4] == '' and 0 or 1) .. ' ' .. now[5])
`)

/** Answers 'gone', 'stale', or 'appended <last_seq before>'. */
export const APPEND_EVENTS = createScript(`${KEEP}${APPEND}
local doc, events, op = KEYS[1], KEYS[2], KEYS[3]
local fence, channel = ARGV[1], ARGV[2]
local done = redis.call('GET', op)
if done then return done end
local now = redis.call('HMGET', doc, 'fence', 'last_seq')
if not now[1] then return 'gone' end
if now[1] ~= fence then return 'stale' end
if #ARGV == 2 then return 'appended ' .. now[2] end
redis.call('HSET', doc, 'last_seq', append(events, tonumber(now[2]), 3, #ARGV))
redis.call('PUBLISH', channel, '')
return keep(op, 'appended ' .. now[2])
`)

/** Answers 'gone' or 'pushed'. */
export const PUSH = createScript(`${KEEP}
local doc, inbox, op = KEYS[1], KEYS[2], KEYS[3]
local json, channel = ARGV[1], ARGV[2]
local done = redis.call('GET', op)
if done then return done end
if redis.call('EXISTS', doc) == 0 then return 'gone' end
redis.call('XADD', inbox, redis.call('HINCRBY', doc, 'position', 1) .. '-0', 'json', json)
redis.call('PUBLISH', channel, '')
return keep(op, 'pushed')
`)

/**
 * Raises the fence for the holder of the lock, once for each token. A lock that ran out on the way here is
 * taken again if nobody has it. Answers 'gone', 'held', or the fence.
 */
export const ADMIT = createScript(`
local doc, lock = KEYS[1], KEYS[2]
local token, lease = ARGV[1], ARGV[2]
local holder = redis.call('GET', lock)
if redis.call('EXISTS', doc) == 0 then
  if holder == token then redis.call('DEL', lock) end
  return 'gone'
end
if holder and holder ~= token then return 'held' end
if not holder then redis.call('SET', lock, token, 'PX', lease) end
if redis.call('HGET', doc, 'token') ~= token then
  redis.call('HSET', doc, 'token', token)
  redis.call('HINCRBY', doc, 'fence', 1)
end
return redis.call('HGET', doc, 'fence')
`)

/** Prolongs the lock of the current fence, if it is still there. Answers 1 or 0. */
export const RENEW = createScript(`
local doc, lock = KEYS[1], KEYS[2]
local now = redis.call('HMGET', doc, 'fence', 'token')
if now[1] ~= ARGV[1] or not now[2] or redis.call('GET', lock) ~= now[2] then return 0 end
return redis.call('PEXPIRE', lock, ARGV[2])
`)

/** Raises the fence and takes the lock away, if the fence is the current one. */
export const RELEASE = createScript(`
local doc, lock = KEYS[1], KEYS[2]
local now = redis.call('HMGET', doc, 'fence', 'token')
if now[1] ~= ARGV[1] then return 0 end
redis.call('HINCRBY', doc, 'fence', 1)
redis.call('HDEL', doc, 'token')
if now[2] and redis.call('GET', lock) == now[2] then redis.call('DEL', lock) end
return 1
`)

/** Whether the session wants driving: 'gone', 'over', 'held', 'wants' or 'rests'. */
export const LOOK = createScript(`
local doc, inbox, lock = KEYS[1], KEYS[2], KEYS[3]
local now = redis.call('HMGET', doc, 'status', 'finished_at', 'wake_at')
if not now[1] then return 'gone' end
if now[2] ~= '' then return 'over' end
if redis.call('EXISTS', lock) == 1 then return 'held' end
if now[1] == 'active' or redis.call('XLEN', inbox) > 0 then return 'wants' end
if now[3] ~= '' and tonumber(now[3]) <= tonumber(ARGV[1]) then return 'wants' end
return 'rests'
`)

/** Whether the goal holds each of these words: 1 or 0; -1 where that cannot be told, of a session of an older version. */
export const GOAL_HAS = createScript(`
local goal = redis.call('HGET', KEYS[1], 'goal')
if not goal then return -1 end
for _, word in ipairs(ARGV) do
  if not string.find(goal, word, 1, true) then return 0 end
end
return 1
`)

/**
 * Forgets the session with all that belongs to it; with a time, only if it finished before that and has no
 * dead letters. Answers 'gone', 'kept' or 'removed'.
 */
export const REMOVE = createScript(`
local now = redis.call('HMGET', KEYS[1], 'finished_at', 'dead')
if not now[1] then return 'gone' end
if ARGV[2] and (now[1] == '' or tonumber(now[1]) >= tonumber(ARGV[2]) or now[2] == '1') then return 'kept' end
redis.call('UNLINK', unpack(KEYS))
redis.call('PUBLISH', ARGV[1], '')
return 'removed'
`)

/**
 * Marks a session expired that nobody holds, if it is as it was read; the fence is raised as an acquire
 * would, so that a holder that was thought dead cannot write over it. Answers 1 or 0.
 */
export const EXPIRE = createScript(`${APPEND}
local doc, events, lock = KEYS[1], KEYS[2], KEYS[3]
local rev, fence, json, at, channel = unpack(ARGV, 1, 5)
local now = redis.call('HMGET', doc, 'rev', 'fence', 'last_seq')
if now[1] ~= rev or now[2] ~= fence or redis.call('EXISTS', lock) == 1 then return 0 end
redis.call('HINCRBY', doc, 'rev', 1)
redis.call('HINCRBY', doc, 'fence', 1)
redis.call('HDEL', doc, 'token')
redis.call('HSET', doc, 'json', json, 'status', 'expired', 'updated_at', at, 'finished_at', at, 'last_seq', append(events, tonumber(now[3]), 6, 6))
redis.call('PUBLISH', channel, '')
return 1
`)
