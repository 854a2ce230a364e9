import { createInterface } from 'node:readline'
import { setImmediate as breath, setTimeout as pause } from 'node:timers/promises'

import type { AppError } from '@signalbox/errors'

import type { SessionStore, StoredSession } from '../session-store.ts'
import { progress } from './sample-session.ts'

/*
 * A process of its own with a store, that does what it is told on its input, one JSON line each, and
 * answers on its output. `open-store-process.ts` is the other end.
 */

/** Short, so that the lease of a process that was killed is soon over. */
const LEASE_MS = 500

interface Command {
  method: keyof SessionStore | 'writeInTurns'
  args: never[]
}

const { module, open, options } = JSON.parse(process.argv[2] ?? '{}')
const store: SessionStore = await (await import(module))[open](options)

for await (const line of createInterface({ input: process.stdin })) {
  const { method, args } = JSON.parse(line) as Command
  try {
    say({ result: await (method === 'writeInTurns' ? writeInTurns(...(args as unknown as Parameters<typeof writeInTurns>)) : call(method, args)) })
  } catch (error) {
    const { code, message } = error as AppError
    say({ error: { code, message } })
  }
}
await store.close()

async function call(method: keyof SessionStore, args: never[]): Promise<unknown> {
  return (store[method] as (...values: never[]) => unknown)(...args)
}

/** Adds `count` notes to the session, each in a save under a lease of its own, and tells of each that was acknowledged. */
async function writeInTurns(id: string, holder: string, count: number): Promise<void> {
  for (let written = 0; written < count;) {
    const note = `${holder}.${written}`
    if (await writeOnce(id, holder, note)) {
      say({ acknowledged: note })
      written += 1
      await breath()
    } else {
      await pause(Math.random() * 150)
    }
  }
}

async function writeOnce(id: string, holder: string, note: string): Promise<boolean> {
  const lease = await store.acquire(id, { holder, leaseMs: LEASE_MS })
  if (!lease) return false
  const { document, rev } = (await store.load(id)) as StoredSession
  try {
    await store.save(lease, { document: { ...document, goal: `${document.goal} ${note}` }, rev, events: [progress(note)] })
  } catch (error) {
    // Slower than its lease, and refused: written again in its next turn.
    if ((error as AppError).code === 'stale_lease') return false
    throw error
  }
  await store.release(lease)
  return true
}

function say(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
