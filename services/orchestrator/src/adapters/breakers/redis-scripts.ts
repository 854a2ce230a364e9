/**
 * The rules of `core/breaker.ts` once more, in the language of the store, so that each is one step for
 * all replicas. The two are held together by the model test that both adapters run.
 * KEYS[1]: the hash of one agent. Time is Redis' own, milliseconds.
 */
const READ = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(key)
  local record = redis.call('HMGET', key, 'failures', 'openings', 'retry_at', 'probe_until')
  for index = 1, 4 do record[index] = tonumber(record[index] or 0) end
  return record
end
local function integer(number) return string.format('%.0f', number) end
`

/** ARGV: probeMs, idleMs. Answers {1, probe} or {0, retryAt}. */
export const ADMIT = `${READ}
local record = read(KEYS[1])
if record[2] == 0 then return {1, 0} end
local retry_at = math.max(record[3], record[4])
if now < retry_at then return {0, retry_at} end
redis.call('HSET', KEYS[1], 'probe_until', integer(now + ARGV[1]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {1, 1}
`

/** ARGV: outcome, probe (1 or 0), failures, restMs, longestRestMs, idleMs. */
export const SETTLE = `${READ}
local outcome = ARGV[1]
local probe = ARGV[2] == '1'
local record = read(KEYS[1])
local failures = record[1] + 1
local openings = record[2]
if openings > 0 and not probe then return end
if outcome == 'abandoned' then
  if record[4] ~= 0 then redis.call('HSET', KEYS[1], 'probe_until', 0) end
  return
end
if outcome == 'success' then
  redis.call('DEL', KEYS[1])
  return
end
if openings > 0 and now < record[3] then return end
if openings > 0 or failures >= tonumber(ARGV[3]) then
  local rest = math.min(ARGV[4] * 2 ^ openings, tonumber(ARGV[5]))
  redis.call('HSET', KEYS[1], 'failures', failures, 'openings', openings + 1, 'retry_at', integer(now + rest), 'probe_until', 0)
else
  redis.call('HSET', KEYS[1], 'failures', failures)
end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
`

/** KEYS: a hash for each agent. Answers now, then failures, openings, retryAt and probeUntil of each. */
export const REPORT = `${READ}
local answer = {now}
for index, key in ipairs(KEYS) do answer[index + 1] = read(key) end
return answer
`
