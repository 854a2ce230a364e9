import { UNDRIVEN, type SessionEvent, type SessionEventPage } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { followEvents } from './follow-events.ts'
import type { SessionNews } from './orchestrator.ts'
import type { SessionCall } from './session-call.ts'

const at = '2026-11-21T00:00:00.000Z'
const ID = 'ses_00000000000000000000000000'
const call: SessionCall = { owner: 'ann', requestId: 'r', signal: new AbortController().signal }
const SNAPSHOT: SessionNews = {
  type: 'snapshot',
  session: { ...UNDRIVEN, schema: 1, id: ID, goal: 'g', request_id: 'r', created_at: at, updated_at: at },
  answerSoFar: '',
}
const AWAY = new AppError('unavailable', 'away')
const LOG: SessionEvent[] = [
  { type: 'session.created', seq: 1, at },
  { type: 'session.paused', seq: 2, at },
  { type: 'session.unpaused', seq: 3, at },
  { type: 'session.resumed', seq: 4, at },
  { type: 'session.expired', seq: 5, at },
]
const live = (...seqs: number[]): SessionNews[] => seqs.map((seq) => ({ type: 'event', event: LOG[seq - 1] as SessionEvent }))

test('an event that the live line skips is fetched', async () => {
  expect(
    await heard({
      known: [1, 4, 5],
      lines: [
        [SNAPSHOT, ...live(2, 4)],
        [SNAPSHOT, ...live(5)],
      ],
    }),
  ).toEqual([1, 2, 3, 4, 5])
})

test('a line that tells everything again, and then on, tells nothing twice', async () => {
  expect(await heard({ known: [2], lines: [[SNAPSHOT, ...live(1, 2, 3, 2, 3, 4, 5)]] })).toEqual([1, 2, 3, 4, 5])
})

test('a session that waits, so that its line ends at once, is asked again, more and more seldom, and never given up', async () => {
  const world = { known: [1, ...Array.from({ length: 40 }, () => 1), 5], lines: Array.from({ length: 41 }, () => [SNAPSHOT]) }
  const pauses: number[] = []
  expect(await heard(world, pauses)).toEqual([1, 2, 3, 4, 5])
  expect(pauses.slice(0, 6)).toEqual([250, 500, 1_000, 2_000, 4_000, 4_000])
})

test('a line’s end without its event is looked up', async () => {
  expect(await heard({ known: [1, 5], lines: [[SNAPSHOT, ...live(2), { type: 'ended', status: 'failed', message: '' }]] })).toEqual([1, 2, 3, 4, 5])
})

test('a session that can no longer be followed has ended, and its last page is asked for', async () => {
  expect(await heard({ known: [1, 5], lines: [[new AppError('conflict', 'ended')]] })).toEqual([1, 2, 3, 4, 5])
})

test('patience ends with words that say where to go on', async () => {
  const lines = Array.from({ length: 99 }, () => [AWAY])
  await expect(heard({ known: [2, ...Array.from({ length: 99 }, () => AWAY)], lines })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('after 2') as string,
  })
})

test('what the orchestrator refuses for good is thrown', async () => {
  await expect(heard({ known: [1], lines: [[new AppError('not_found', 'gone')]] })).rejects.toMatchObject({ code: 'not_found' })
})

test('whatever breaks, repeats and is skipped, each event is told once and in order', async () => {
  const step = fc.oneof(fc.constant(AWAY), fc.constant(SNAPSHOT), ...[1, 2, 3, 4].map((seq) => fc.constant(live(seq)[0] as SessionNews)))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 6 }),
      fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 6 }),
      async (known, lines) => {
        const grown = known.toSorted((a, b) => a - b)
        // A live line never tells of what has not happened.
        expect(await heard({ known: [...grown, ...Array.from({ length: 20 }, () => 5)], lines })).toEqual([1, 2, 3, 4, 5])
      },
    ),
  )
})

/** Follows a session of whose log so many events are known at each time of asking, and whose live lines say what the script says. */
async function heard({ known, lines }: { known: (number | AppError)[]; lines: (SessionNews | AppError)[][] }, pauses: number[] = []): Promise<number[]> {
  let now = 0
  const page = (after: number): SessionEventPage => {
    const until = known.shift() ?? LOG.length
    if (until instanceof AppError) throw until
    return { object: 'list', data: LOG.slice(after, Math.max(after, until)), over: until === LOG.length }
  }
  const source = {
    orchestrator: { attach: () => play(lines.shift() ?? [AWAY]) },
    desk: { events: async (_id: string, { after }: { after: number }) => page(after) },
  }
  const patience = {
    patienceMs: 30_000,
    now: () => now,
    pause: async (milliseconds: number) => {
      pauses.push(milliseconds)
      now += milliseconds
    },
  }
  const seqs: number[] = []
  for await (const { seq } of followEvents(source, { id: ID, after: 0, first: page(0) }, call, patience)) seqs.push(seq)
  return seqs
}

async function* play(script: (SessionNews | AppError)[]): AsyncGenerator<SessionNews> {
  for (const step of script) {
    if (step instanceof AppError) throw step
    yield step
  }
}
