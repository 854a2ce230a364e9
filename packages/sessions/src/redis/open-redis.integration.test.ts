import { inspect } from 'node:util'

import { AppError } from '@signalbox/errors'
import { eventually, freePorts, startRedis } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { openFaultyWire } from './faulty-wire.ts'
import { openRedis, type Redis, type RedisOptions } from './open-redis.ts'

test('a Redis that keeps what it acknowledges is opened without a word', async () => {
  await using server = await startRedis()
  const warnings: string[] = []
  await using redis = await opened({ url: server.url, onWarning: (message) => warnings.push(message) })
  expect(await redis.client.ping()).toBe('PONG')
  expect(warnings).toEqual([])
})

test.each([
  ['forgets all when it is killed', { appendonly: 'no' }, /set "appendonly yes"/],
  ['throws keys away when memory is short', { maxmemoryPolicy: 'allkeys-lru' }, /set "maxmemory-policy noeviction"; it is allkeys-lru/],
] as const)('a Redis that %s is refused, in words that say what to set', async (_, settings, words) => {
  await using server = await startRedis(settings)
  const failure = await failureOf({ url: server.url })
  expect(failure).toMatchObject({ code: 'unavailable', retryable: false })
  expect(failure.message).toMatch(words)
})

test('a Redis that forgets is used by who insists, with a warning', async () => {
  await using server = await startRedis({ appendonly: 'no', maxmemoryPolicy: 'volatile-ttl' })
  const warnings: string[] = []
  await using redis = await opened({ url: server.url, allowVolatile: true, onWarning: (message) => warnings.push(message) })
  expect(await redis.client.ping()).toBe('PONG')
  expect(warnings).toEqual([expect.stringMatching(/would lose sessions.*appendonly yes.*noeviction/)])
})

test('of a Redis that may lose the last second there is a warning', async () => {
  await using server = await startRedis({ appendfsync: 'everysec' })
  const warnings: string[] = []
  await using redis = await opened({ url: server.url, onWarning: (message) => warnings.push(message) })
  expect(await redis.client.ping()).toBe('PONG')
  expect(warnings).toEqual([expect.stringMatching(/"appendfsync" is everysec\. Set it to "always"/)])
})

test('a Redis where CONFIG is forbidden is checked all the same', async () => {
  await using server = await startRedis({ args: ['--rename-command', 'CONFIG', ''] })
  await using redis = await opened({ url: server.url })
  expect(await redis.client.ping()).toBe('PONG')
})

test('a wrong password is refused at once, and told to nobody', async () => {
  await using server = await startRedis({ password: 'sesame' })
  for (const password of ['open-says-me', '']) {
    const since = performance.now()
    const failure = await failureOf({ url: `redis://${password ? `:${password}@` : ''}127.0.0.1:${server.port}` })
    expect(failure).toMatchObject({ code: 'unavailable', retryable: false })
    expect(failure.message).toMatch(/^Redis at 127\.0\.0\.1:\d+ refuses us: (WRONGPASS|NOAUTH) /)
    expect(inspect(failure, { depth: 10 })).not.toContain('open-says-me')
    expect(performance.now() - since).toBeLessThan(2_000)
  }
})

test('a Redis that is not there is waited for as long as was said, and named without its password', async () => {
  const [port] = (await freePorts(1)) as [number]
  const failure = await failureOf({ url: `redis://:sesame@127.0.0.1:${port}`, connectTimeoutMs: 300 })
  expect(failure).toMatchObject({ code: 'unavailable', retryable: true })
  expect(failure.message).toMatch(/^Redis at 127\.0\.0\.1:\d+ cannot be reached: connect ECONNREFUSED/)
  expect(inspect(failure, { depth: 10 })).not.toContain('sesame')
})

test('an address that is none is refused, and not repeated', async () => {
  for (const url of ['sesame', 'http://:sesame@127.0.0.1', 'redis://:sesame@127.0.0.1:port']) {
    const failure = await failureOf({ url })
    expect(failure).toMatchObject({ code: 'unavailable', retryable: false })
    expect(inspect(failure, { depth: 10 })).not.toContain('sesame')
  }
})

test('a Redis that goes away is told of once, and reconnected to when it is back; meanwhile commands fail at once', { timeout: 60_000 }, async () => {
  await using server = await startRedis({ password: 'sesame' })
  const warnings: string[] = []
  await using redis = await opened({ url: server.url, onWarning: (message) => warnings.push(message) })
  for (let round = 1; round <= 2; round += 1) {
    await server.kill()
    await eventually('it is noticed', () => redis.awaySince !== undefined)
    const since = performance.now()
    await expect(redis.client.ping()).rejects.toThrow(/offline/i)
    expect(performance.now() - since).toBeLessThan(100)
    await server.restart()
    await eventually('it is back', () => redis.awaySince === undefined)
    expect(await redis.client.ping()).toBe('PONG')
    expect(warnings).toHaveLength(2 * round)
  }
  expect(warnings[0]).toMatch(/^Redis at 127\.0\.0\.1:\d+ is away: /)
  expect(warnings[1]).toMatch(/^Redis at 127\.0\.0\.1:\d+ is back\.$/)
  expect(warnings.join()).not.toContain('sesame')
})

test('a connection that fell silent is given up and made again, though it is written to all the time', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using wire = await openFaultyWire(server.port)
  const warnings: string[] = []
  await using redis = await opened({ url: `redis://127.0.0.1:${wire.port}`, onWarning: (message) => warnings.push(message) })
  wire.deafen()
  await eventually(
    'it answers again',
    async () => (await Promise.race([redis.client.ping().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 100))])) === 'PONG',
    20_000,
  )
  expect(warnings).toEqual([expect.stringMatching(/is away: no answer for 5000 ms/), expect.stringMatching(/is back/)])
})

test('what is published on a channel is heard, and after the connection was lost as well', { timeout: 60_000 }, async () => {
  await using server = await startRedis()
  await using redis = await opened({ url: server.url })
  let heard = 0
  const stop = redis.channels.hear('news', () => (heard += 1))
  await eventually('listening begins', () => heard === 1)
  await redis.client.publish('news', '')
  await eventually('it is heard', () => heard === 2)
  await server.restart()
  await eventually('what may have been missed is told', () => heard === 3)
  await eventually('it is published', () => redis.client.publish('news', '').catch(() => false))
  await eventually('it is heard again', () => heard === 4)
  stop()
  await eventually('nobody listens', async () => (await redis.client.publish('news', '')) === 0)
  expect(heard).toBe(4)
})

test('a Redis that is away can be closed', async () => {
  await using server = await startRedis()
  const redis = await openRedis({ url: server.url, onWarning: () => undefined })
  await server.kill('SIGSTOP')
  const since = performance.now()
  void redis.client.ping().catch(() => undefined)
  await redis.close()
  expect(performance.now() - since).toBeLessThan(4_000)
  expect(redis.client.isOpen).toBe(false)
})

async function opened(options: Omit<RedisOptions, 'onWarning'> & Partial<RedisOptions>): Promise<Redis & AsyncDisposable> {
  const redis = await openRedis({ onWarning: () => undefined, ...options })
  return Object.defineProperty(redis, Symbol.asyncDispose, { value: () => redis.close() }) as Redis & AsyncDisposable
}

async function failureOf(options: Omit<RedisOptions, 'onWarning'>): Promise<AppError> {
  const failure = await openRedis({ ...options, onWarning: () => undefined }).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(AppError)
  return failure as AppError
}
