import { UNDRIVEN, type SessionEvent, type SessionEventPage, type SessionView } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import { followSession } from './follow-session.ts'
import type { Orchestrator, SessionNews } from './orchestrator.ts'
import type { SessionCall } from './session-call.ts'

const at = '2026-11-21T00:00:00.000Z'
const session: SessionView = {
  ...UNDRIVEN,
  schema: 1,
  id: 'ses_00000000000000000000000000',
  goal: 'g',
  request_id: 'r',
  created_at: at,
  updated_at: at,
}
const SNAPSHOT: SessionNews = { type: 'snapshot', session, answerSoFar: '' }
const END: SessionNews = { type: 'ended', status: 'completed', message: '' }
const call: SessionCall = { owner: 'ann', requestId: 'r', signal: new AbortController().signal }
const away = new AppError('unavailable', 'away')

test('a break is mended by attaching again, as often as it takes within its patience', async () => {
  const world = createWorld([[away], [away], [SNAPSHOT, new AppError('upstream_timeout', 'silence')], [SNAPSHOT, END]])
  expect(await world.heard([SNAPSHOT, away], 3)).toEqual(['snapshot', 'snapshot', 'snapshot', 'ended'])
  expect(world.pauses).toEqual([250, 500, 1_000, 250])
})

test('a session that ended meanwhile is asked for instead', async () => {
  const world = createWorld([[new AppError('conflict', 'ended')]])
  expect(await world.heard([SNAPSHOT, away], 1)).toEqual(['snapshot', 'snapshot'])
})

test('patience ends with words that say where the session is', async () => {
  const world = createWorld(Array.from({ length: 99 }, () => [away]))
  await expect(world.heard([SNAPSHOT, away], 9)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining(session.id) as string })
  expect(world.clock()).toBeLessThan(40_000)
})

test.each<[string, (SessionNews | AppError)[], string]>([
  ['before the session is known', [away], 'unavailable'],
  ['of another kind', [SNAPSHOT, new AppError('not_found', 'gone')], 'not_found'],
])('a fault %s is thrown', async (_name, first, code) => {
  await expect(createWorld([]).heard(first, 9)).rejects.toMatchObject({ code })
})

test('a line that ends without an ending is a break', async () => {
  expect(await createWorld([[SNAPSHOT, END]]).heard([SNAPSHOT], 2)).toEqual(['snapshot', 'snapshot', 'ended'])
})

test('after a break only what was missed is asked for', async () => {
  const event = (seq: number): SessionNews => ({ type: 'event', event: { type: 'session.created', seq, at } })
  const world = createWorld([
    [SNAPSHOT, event(3), away],
    [SNAPSHOT, END],
  ])
  await world.heard([SNAPSHOT, event(1), event(2), away], 9)
  expect(world.attachedAfter).toEqual([2, 3])
})

test('while people take their time its events are waited for, for hours, and the line is taken up again when there are some', async () => {
  const waiting: SessionNews = { type: 'snapshot', session: { ...session, status: 'waiting_approval', waiting_at: at }, answerSoFar: '' }
  const decided: SessionEvent = { type: 'approval.decided', seq: 5, at, node: 'n', agent: 'a', approval: 'apr_1', decision: 'approve', by: ['ann'] }
  const world = createWorld([[SNAPSHOT, END]], [...Array.from({ length: 400 }, () => []), [decided]])
  expect(await world.heard([waiting], 9)).toEqual(['snapshot', 'event', 'snapshot', 'ended'])
  expect(world.attachedAfter).toEqual([5])
  expect(world.polledAfter).toHaveLength(401)
  expect(world.pauses).toEqual([])
  expect(world.clock()).toBeGreaterThan(2 * 3_600_000)
})

/** An orchestrator that answers each attempt to attach with the next script, and a clock that pauses wind. */
function createWorld(scripts: (SessionNews | AppError)[][], polls: SessionEvent[][] = []) {
  const polledAfter: number[] = []
  const pauses: number[] = []
  const attachedAfter: (number | undefined)[] = []
  let now = 0
  const unused = (): never => {
    throw new Error('not asked for here')
  }
  const orchestrator: Orchestrator = {
    begin: unused,
    attach: (_id, _call, after) => {
      attachedAfter.push(after)
      return play(scripts.shift() ?? [])
    },
    find: async () => ({ ...session, status: 'completed' }),
    list: unused,
    cancel: unused,
    health: unused,
  }
  const desk = {
    events: async (_id: string, { after }: { after: number }): Promise<SessionEventPage> => {
      polledAfter.push(after)
      const data = polls.shift() ?? []
      if (data.length === 0) now += 25_000
      return { object: 'list', data, over: false }
    },
  }
  return {
    pauses,
    attachedAfter,
    polledAfter,
    clock: () => now,
    /** Reads until so many snapshots or an end came after the first. */
    async heard(first: (SessionNews | AppError)[], until: number): Promise<string[]> {
      const types: string[] = []
      const options = {
        patienceMs: 30_000,
        now: () => now,
        pause: async (milliseconds: number) => {
          pauses.push(milliseconds)
          now += milliseconds
        },
      }
      for await (const news of followSession({ orchestrator, desk }, play(first), call, options)) {
        types.push(news.type)
        if (news.type === 'ended' || types.length > until) break
      }
      return types
    },
  }
}

async function* play(script: (SessionNews | AppError)[]): AsyncGenerator<SessionNews> {
  for (const step of script) {
    if (step instanceof AppError) throw step
    yield step
  }
}
