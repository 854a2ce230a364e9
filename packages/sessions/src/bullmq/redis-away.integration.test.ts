import { eventually, startRedis, type RedisServer } from '@signalbox/testing'
import { createClient } from 'redis'
import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Doorbell } from '../doorbell.ts'
import { openRedis, type Redis } from '../redis/open-redis.ts'
import { createBullDoorbell } from './bull-doorbell.ts'

const AWAY_MS = 10_000

let redis: RedisServer
const closings: (() => Promise<unknown>)[] = []
const errors: unknown[] = []

beforeEach(async () => {
  redis = await startRedis()
  errors.length = 0
})

afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close()
  await redis.stop()
})

test('while Redis is away for ten seconds rings are refused soon; when it is back everything goes on by itself', { timeout: 60_000 }, async () => {
  const doorbell = await openDoorbell()
  const gate = Promise.withResolvers<void>()
  const drives: string[] = []
  doorbell.answer(
    async (id) => {
      drives.push(`${id} begins`)
      if (id === 'under way' && drives.length === 1) await gate.promise
      drives.push(`${id} ends`)
    },
    { concurrency: 4 },
  )
  await doorbell.ring('delayed', 5_000)
  await doorbell.ring('under way')
  await eventually('it is driven', () => drives.length === 1)

  await redis.kill()
  const back = performance.now() + AWAY_MS
  while (performance.now() < back) {
    const at = performance.now()
    await Promise.all(Array.from({ length: 20 }, () => expect(doorbell.ring('refused')).rejects.toMatchObject({ code: 'unavailable', retryable: true })))
    expect(performance.now() - at).toBeLessThan(2_000)
  }
  gate.resolve()
  await eventually('the drive ends without it', () => drives.includes('under way ends'))
  expect(drives).toEqual(['under way begins', 'under way ends'])
  await redis.restart()

  await eventually('a ring is taken', () => rung(doorbell, 'after'))
  await eventually('it is answered', () => drives.includes('after ends'))
  await eventually('what was asked for before is answered', () => drives.includes('delayed ends'))
  await doorbell.ring('under way')
  await eventually('whom the outage interrupted is driven again', () => drives.filter((drive) => drive === 'under way ends').length >= 2)
  // Nobody kept the refused ones to say them all at once now.
  expect(drives).not.toContain('refused begins')
  expect(errors.length).toBeLessThan(10)
})

test('a Redis that hangs is as good as away', { timeout: 60_000 }, async () => {
  const doorbell = await openDoorbell()
  const drives: string[] = []
  doorbell.answer(async (id) => void drives.push(id), { concurrency: 4 })
  await doorbell.ring('before')
  await eventually('it is driven', () => drives.length === 1)
  await redis.kill('SIGSTOP')
  const at = performance.now()
  await expect(doorbell.ring('meanwhile')).rejects.toMatchObject({ code: 'unavailable' })
  expect(performance.now() - at).toBeLessThan(2_000)
  await redis.kill('SIGCONT')
  await doorbell.ring('after')
  await eventually('it is answered', () => drives.includes('after'))
})

test('a Redis that has no memory left refuses rings, is not asked in a frenzy, and is used again when it has', { timeout: 60_000 }, async () => {
  const doorbell = await openDoorbell()
  const client = await openClient()
  const gate = Promise.withResolvers<void>()
  const drives: string[] = []
  doorbell.answer(
    async (id) => {
      await gate.promise
      drives.push(id)
    },
    { concurrency: 4 },
  )
  await Promise.all(Array.from({ length: 50 }, (_, index) => doorbell.ring(`early ${index}`)))
  await client.configSet('maxmemory', '1')
  gate.resolve()
  await expect(doorbell.ring('refused')).rejects.toMatchObject({ code: 'unavailable' })
  const before = await commandsOf(client)
  const at = performance.now()
  await eventually('a while has passed', () => performance.now() - at > 700)
  expect((await commandsOf(client)) - before).toBeLessThan(1_000)
  await client.configSet('maxmemory', '0')
  await doorbell.ring('after')
  await eventually('it is answered', () => drives.includes('after'))
  await eventually('the early ones, too', () => drives.filter((id) => id.startsWith('early')).length >= 50)
})

test('a doorbell that is made while Redis is away works once it is there', { timeout: 60_000 }, async () => {
  await redis.kill()
  const doorbell = await openDoorbell({ connect: false })
  const drives: string[] = []
  doorbell.answer(async (id) => void drives.push(id), { concurrency: 4 })
  await expect(doorbell.ring('early')).rejects.toMatchObject({ code: 'unavailable' })
  await redis.restart()
  await eventually('a ring is taken', () => rung(doorbell, 'a'))
  await eventually('it is answered', () => drives.includes('a'))
})

test.each([
  ['away', 'SIGKILL' as const],
  ['hung', 'SIGSTOP' as const],
])('closing while Redis is %s takes no longer than it may', { timeout: 60_000 }, async (_how, signal) => {
  const doorbell = await openDoorbell()
  const begun = Promise.withResolvers<void>()
  let ended = false
  doorbell.answer(
    async (_id, stop) => {
      begun.resolve()
      await new Promise((resolve) => stop.addEventListener('abort', resolve))
      ended = true
    },
    { concurrency: 4 },
  )
  await doorbell.ring('a')
  await begun.promise
  await redis.kill(signal)
  const at = performance.now()
  await doorbell.close(AbortSignal.timeout(3_000))
  expect(performance.now() - at).toBeLessThan(3_500)
  expect(ended).toBe(true)
})

test('Redis killed and started again and again under load: rings go on being answered', { timeout: 60_000 }, async () => {
  const doorbell = await openDoorbell()
  const drives = new Set<string>()
  doorbell.answer(async (id) => void drives.add(id), { concurrency: 8 })
  const taken: string[] = []
  for (let round = 0; round < 4; round += 1) {
    const restarting = redis.restart()
    for (let index = 0; index < 50; index += 1) {
      const id = `${round}/${index}`
      if (await rung(doorbell, id)) taken.push(id)
    }
    await restarting
  }
  await eventually('all that were taken are answered', () => taken.every((id) => drives.has(id)), 15_000)
  expect(taken.length).toBeGreaterThan(0)
})

async function openDoorbell(options: { connect?: boolean } = {}): Promise<Doorbell> {
  const client = options.connect === false ? createClient({ url: redis.url, disableOfflineQueue: true }) : await openClient()
  const doorbell = createBullDoorbell({ client, lockMs: 1_000, onError: (error) => errors.push(error) })
  closings.push(() => doorbell.close(AbortSignal.timeout(2_000)))
  return doorbell
}

/** A client as the session store has it: its commands fail at once while Redis is away. */
async function openClient(): Promise<Redis['client']> {
  const opened = await openRedis({ url: redis.url, onWarning: () => undefined })
  closings.push(() => opened.close())
  return opened.client
}

async function rung(doorbell: Doorbell, id: string): Promise<boolean> {
  return doorbell.ring(id).then(
    () => true,
    () => false,
  )
}

async function commandsOf(client: Redis['client']): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await client.info('stats'))?.[1])
}
