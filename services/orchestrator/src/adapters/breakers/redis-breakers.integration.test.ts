import { randomUUID } from 'node:crypto'

import { openRedis, type Redis } from '@signalbox/sessions'
import { eventually, startRedis } from '@signalbox/testing'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

import type { Breakers } from '../../core/breaker.ts'
import { describeBreakers } from './breaker-rules.ts'
import { createRedisBreakers } from './redis-breakers.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (url === '') throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

let redis: Redis
beforeAll(async () => {
  redis = await openRedis({ url, allowVolatile: true, onWarning: () => undefined })
})
afterAll(() => redis.close())

describeBreakers('breakers on Redis', async (rules) => {
  const { client } = redis
  const prefix = `test-${randomUUID()}`
  const open = (): Breakers =>
    createRedisBreakers({
      ...rules,
      client,
      prefix,
      onAway(error) {
        throw error
      },
    })
  const keys = (): Promise<string[]> => client.keys(`${prefix}:*`)
  return {
    replicas: [open(), open()],
    now: async () => Number(await client.eval(`local time = redis.call('TIME') return time[1] * 1000 + math.floor(time[2] / 1000)`)),
    async pass(ms) {
      for (const key of await keys()) {
        for (const field of ['retry_at', 'probe_until']) if (Number(await client.hGet(key, field)) > 0) await client.hIncrBy(key, field, -ms)
      }
    },
    async dispose() {
      for (const key of await keys()) await client.del(key)
    },
  }
})

test('a replica whose clock is a day ahead agrees with the others on when a rest is over', async () => {
  const breakers = createRedisBreakers({ client: redis.client, prefix: `test-${randomUUID()}`, failures: 1, onAway: () => undefined })
  await breakers.settle('a', 'failure', { probe: false })
  const before = await breakers.admit('a')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * 3_600_000 })
  try {
    expect(await breakers.admit('a')).toEqual(before)
    expect(before).toMatchObject({ admitted: false })
  } finally {
    vi.useRealTimers()
  }
})

test('what is well leaves no key behind, and what is not is forgotten after a day without calls', async () => {
  const { client } = redis
  const prefix = `test-${randomUUID()}`
  const breakers = createRedisBreakers({ client, prefix, onAway: () => undefined })
  await breakers.settle('a', 'success', { probe: false })
  expect(await client.keys(`${prefix}:*`)).toEqual([])
  await breakers.settle('a', 'failure', { probe: false })
  const [key] = (await client.keys(`${prefix}:*`)) as [string]
  expect(await client.pTTL(key)).toBeGreaterThan(23 * 3_600_000)
  await breakers.settle('a', 'success', { probe: false })
  expect(await client.keys(`${prefix}:*`)).toEqual([])
})

test.each([
  ['away', 'SIGKILL' as const],
  ['hung', 'SIGSTOP' as const],
])(
  'while Redis is %s every call is let through soon, it is told once, and what was known holds again afterwards',
  { timeout: 60_000 },
  async (_how, signal) => {
    await using server = await startRedis()
    const own = await openRedis({ url: server.url, onWarning: () => undefined })
    try {
      const told: unknown[] = []
      const breakers = createRedisBreakers({ client: own.client, prefix: 'test', failures: 1, restMs: 300_000, onAway: (error) => told.push(error) })
      await breakers.settle('a', 'failure', { probe: false })
      expect(await breakers.admit('a')).toMatchObject({ admitted: false })

      await server.kill(signal)
      for (let round = 0; round < 4; round += 1) {
        const at = performance.now()
        expect(await breakers.admit('a')).toEqual({ admitted: true, probe: false })
        await breakers.settle('a', 'success', { probe: false })
        expect((await breakers.read(['a'])).get('a')).toEqual({ state: 'closed', failures: 0, retryAt: null })
        expect(performance.now() - at).toBeLessThan(3 * 250 + 250)
      }
      expect(told).toHaveLength(1)

      await (signal === 'SIGSTOP' ? server.kill('SIGCONT') : server.restart())
      await eventually('it rests again', async () => !(await breakers.admit('a')).admitted)
    } finally {
      await own.close()
    }
  },
)
