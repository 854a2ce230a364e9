import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { eventually } from '@signalbox/testing'
import { createClient } from 'redis'
import { afterEach, beforeEach, expect, test } from 'vitest'

import type { Doorbell } from '../doorbell.ts'
import { createBullDoorbell } from './bull-doorbell.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (url === '') throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

const client = createClient({ url })
const closings: (() => Promise<unknown>)[] = []
const unexpected: unknown[] = []
let prefix = ''

beforeEach(async () => {
  prefix = `test-${randomUUID()}`
  if (!client.isOpen) await client.connect()
})

afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close()
  await deleteKeys()
  expect(unexpected.splice(0)).toEqual([])
})

test('two replicas share the rings of 40 sessions, and each is answered by somebody', async () => {
  const drives: string[] = []
  for (const name of ['first', 'second']) {
    replica().answer(
      async (id) => {
        drives.push(`${name} ${id}`)
        await eventually('both have begun', () => drives.length >= 10)
      },
      { concurrency: 5 },
    )
  }
  const ringer = replica()
  const ids = Array.from({ length: 40 }, (_, index) => `s${index}`)
  await Promise.all(ids.map((id) => ringer.ring(id)))
  await eventually('all are driven', () => drives.length >= 40)
  expect(new Set(drives.map((drive) => drive.split(' ')[1]))).toEqual(new Set(ids))
  expect(new Set(drives.map((drive) => drive.split(' ')[0]))).toEqual(new Set(['first', 'second']))
})

test('the session of a replica that was killed is driven by another within the lock time and a second, crash after crash', async () => {
  const lockMs = 700
  const ringer = replica()
  const doomed = replicaProcess(lockMs)
  await ringer.ring('a')
  await eventually('it is driven', () => doomed.drives.includes('a'))
  let killed = doomed
  for (let crash = 0; crash < 3; crash += 1) {
    const next = replicaProcess(lockMs)
    await next.answering()
    await killed.kill()
    const at = performance.now()
    await eventually('it is driven elsewhere', () => next.drives.includes('a'))
    expect(performance.now() - at).toBeLessThan(lockMs + 1_000)
    killed = next
  }
})

test('a drive that takes longer than the lock is not taken for dead', async () => {
  const lockMs = 400
  const drives: string[] = []
  const gate = Promise.withResolvers<void>()
  for (const name of ['first', 'second']) {
    replica({ lockMs }).answer(
      async (id) => {
        drives.push(`${name} ${id}`)
        if (id === 'slow') await gate.promise
      },
      { concurrency: 2 },
    )
  }
  const ringer = replica()
  await ringer.ring('slow')
  await ringer.ring('later', 4 * lockMs)
  await eventually('the later one has come', () => drives.length > 1)
  gate.resolve()
  expect(drives.map((drive) => drive.split(' ')[1])).toEqual(['slow', 'later'])
})

test('who closes hands over at once what it drives and what waits for it', async () => {
  const lockMs = 60_000
  const first = replica({ lockMs })
  const begun: string[] = []
  first.answer(
    async (id, signal) => {
      begun.push(id)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
    { concurrency: 2 },
  )
  for (const id of ['a', 'b', 'c', 'd']) await first.ring(id)
  await eventually('two are driven', () => begun.length === 2)
  const second = replica({ lockMs })
  await first.close(AbortSignal.timeout(5_000))
  const drives: string[] = []
  second.answer(async (id) => void drives.push(id), { concurrency: 2 })
  await eventually('the other has all', () => new Set(drives).size === 4, 2_000)
  expect(drives.toSorted()).toEqual(['a', 'b', 'c', 'd'])
})

test('with all of the engine’s keys deleted mid-run, drives go on and every later ring is answered', async () => {
  const gate = Promise.withResolvers<void>()
  const ended: string[] = []
  const driving = new Set<string>()
  const errors: unknown[] = []
  let twice = 0
  const doorbell = replica({ lockMs: 400, onError: (error) => errors.push(error) })
  doorbell.answer(
    async (id) => {
      if (driving.has(id)) twice += 1
      driving.add(id)
      if (id.startsWith('under way')) await gate.promise
      driving.delete(id)
      ended.push(id)
    },
    { concurrency: 2 },
  )
  for (const id of ['under way 1', 'under way 2']) await doorbell.ring(id)
  await eventually('both are driven', () => driving.size === 2)
  await doorbell.ring('waiting')
  await doorbell.ring('delayed', 100_000)
  await deleteKeys()
  await eventually('the engine notices', () => errors.length > 0)

  for (const id of ['under way 1', 'waiting', 'delayed', 'new']) await doorbell.ring(id)
  gate.resolve()
  await eventually('all are driven', () => ['waiting', 'delayed', 'new'].every((id) => ended.includes(id)))
  await eventually('the one under way is driven again', () => ended.filter((id) => id === 'under way 1').length >= 2)
  for (const id of ['under way 2', 'later']) await doorbell.ring(id)
  await eventually('rings go on being answered', () => ended.includes('later') && ended.filter((id) => id === 'under way 2').length >= 2)
  expect(twice).toBe(0)
})

test('keys that are lost in part silence a session for ten seconds at most', async () => {
  const doorbell = replica()
  await doorbell.ring('a')
  await doorbell.ring('b', 100_000)
  const notes = await client.keys(`${prefix}:doorbell:de:*`)
  expect(notes).toHaveLength(2)
  for (const note of notes) {
    const left = await client.pTTL(note)
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(note.endsWith(':a') ? 10_000 : 101_000)
  }
})

test('nothing but the session’s id is told to the engine, and nothing is left behind of what was answered', async () => {
  const doorbell = replica()
  await doorbell.ring('ses_1')
  const jobs = await jobKeys()
  expect(jobs).toHaveLength(1)
  expect(await client.hGet(jobs[0] as string, 'data')).toBe('{"sessionId":"ses_1"}')
  doorbell.answer(async () => undefined, { concurrency: 1 })
  await eventually('it is gone', async () => (await jobKeys()).length === 0)
})

function replica(options: { lockMs?: number; onError?: (error: unknown, sessionId?: string) => void } = {}): Doorbell {
  const doorbell = createBullDoorbell({ client, prefix, onError: (error) => unexpected.push(error), ...options })
  closings.push(() => doorbell.close(AbortSignal.timeout(5_000)))
  return doorbell
}

interface ReplicaProcess {
  drives: string[]
  answering(): Promise<unknown>
  kill(): Promise<void>
}

function replicaProcess(lockMs: number): ReplicaProcess {
  const program = fileURLToPath(new URL('./doorbell-process.ts', import.meta.url))
  const child = spawn(process.execPath, [program, JSON.stringify({ url, prefix, lockMs })], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const drives: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => drives.push(line))
  async function kill(): Promise<void> {
    child.kill('SIGKILL')
    await exited
  }
  closings.push(kill)
  return {
    drives,
    kill,
    answering: () => eventually('it answers', () => drives.includes('answering')),
  }
}

async function jobKeys(): Promise<string[]> {
  const keys = await client.keys(`${prefix}:doorbell:*`)
  return keys.filter((key) => /:[\da-f-]{36}$/.test(key))
}

async function deleteKeys(): Promise<void> {
  for await (const keys of client.scanIterator({ MATCH: `${prefix}:*` })) if (keys.length > 0) await client.del(keys)
}
