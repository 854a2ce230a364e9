import { NO_USAGE, UNDRIVEN, type SessionEvent, type SessionView } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import { hearTurn, type ApprovalWish, type Heard } from './hear-turn.ts'
import type { SessionNews } from './orchestrator.ts'
import { createAnswerTeller } from './tell-answer.ts'
import { readOpenAsks, type OpenAsks } from './waiting-for-people.ts'

const at = '2026-11-21T00:00:00.000Z'
const of = { at, node: 'n', agent: 'a' }
const VIEW: SessionView = { ...UNDRIVEN, schema: 1, id: 'ses_00000000000000000000000000', goal: 'g', request_id: 'r', created_at: at, updated_at: at }
const waitingView: SessionView = { ...VIEW, status: 'waiting_approval', waiting_at: at }
const requested = (seq: number, approval: string): SessionEvent => ({
  ...of,
  type: 'approval.requested',
  seq,
  approval,
  title: approval,
  risk: 'low',
  source: 'plan',
  expires_at: at,
})
const decided = (seq: number, approval: string): SessionEvent => ({ ...of, type: 'approval.decided', seq, approval, decision: 'approve', by: ['ann'] })
const waiting = (seq: number): SessionEvent => ({ type: 'session.waiting', at, seq, for: 'approval', approvals: [], questions: [] })
const started = (seq: number): SessionEvent => ({ ...of, type: 'node.started', seq, instruction: 'i', attempt: 1 })
const done = (seq: number): SessionEvent => ({ type: 'session.completed', at, seq, usage: NO_USAGE, citations: [] })
const open = (...ids: string[]): OpenAsks => ({ approvals: ids.map((id) => ({ id, agent: 'a', title: id, risk: 'low', expires_at: at })), questions: [] })

test('a turn is held no longer than once for what waits, though one of two is decided meanwhile', async () => {
  const turn = listen({ holdMs: 60, look: async () => ({ session: waitingView, open: open('apr_2') }) })
  turn.say(requested(1, 'apr_1'), requested(2, 'apr_2'), waiting(3))
  await turn.until('(3)')
  turn.say(decided(4, 'apr_1'))
  expect(await turn.end).toEqual(['(1)', '(2)', '(3)', '(4)', 'awaiting apr_2'])
})

test('a session that is at work again without having said so is not given up', async () => {
  let looks = 0
  const turn = listen({
    holdMs: 20,
    look: async () => {
      // At the end of the hold nothing waits any more.
      if (++looks === 2) queueMicrotask(() => turn.say(started(3), done(4)))
      return looks === 1 ? { session: waitingView, open: open('apr_1') } : { session: VIEW, open: open() }
    },
  })
  turn.say(requested(1, 'apr_1'), waiting(2))
  expect(await turn.end).toEqual(['(1)', '(2)', '(3)', 'completed'])
  expect(looks).toBe(2)
})

test('where nobody can say what is open, what was heard of it is told', async () => {
  const turn = listen({
    wish: 'return',
    look: async () => {
      throw new Error('away')
    },
  })
  turn.say(requested(1, 'apr_1'), requested(2, 'apr_2'), decided(3, 'apr_1'), waiting(4))
  expect(await turn.end).toEqual(['(1)', '(2)', '(3)', '(4)', 'awaiting apr_2'])
})

test('a turn that may not take longer ends with what is open, or says that it is late', async () => {
  const waits = listen({ waitMs: 30, look: async () => ({ session: waitingView, open: open('apr_1') }) })
  waits.say(requested(1, 'apr_1'), waiting(2))
  expect(await waits.end).toEqual(['(1)', '(2)', 'awaiting apr_1'])
  const works = listen({ waitMs: 30, look: async () => ({ session: VIEW, open: open() }) })
  works.say(started(1))
  expect(await works.end).toEqual(['(1)', 'late'])
})

test('a session without anybody to ask is never looked at', async () => {
  let looks = 0
  const turn = listen({ look: async () => ({ session: VIEW, open: (looks++, open()) }) })
  turn.say(started(1), done(2))
  expect(await turn.end).toEqual(['(1)', 'completed'])
  expect(looks).toBe(0)
})

test('what of a session is open is what was neither decided nor answered, by nodes that still wait', () => {
  const question = { id: 'qst_1', node: 'n', agent: 'a', epoch: 0, text: 't', asked_at: at, answer: null, told: false }
  const node = { state: 'waiting' as const, agent: 'a', attempts: 1, epoch: 0 }
  const questions = { qst_1: question, qst_2: { ...question, id: 'qst_2', told: true }, qst_3: { ...question, id: 'qst_3', node: 'gone' } }
  expect(readOpenAsks({ asks: {}, questions, nodes: { n: node } }).questions).toEqual([{ id: 'qst_1', agent: 'a', text: 't' }])
  expect(readOpenAsks({ asks: {}, questions, nodes: { n: { ...node, state: 'skipped' } } }).questions).toEqual([])
})

interface Listening {
  say(...events: SessionEvent[]): void
  until(what: string): Promise<void>
  end: Promise<string[]>
}

/** Hears a turn of a session that says what the test says. */
function listen(options: { wish?: ApprovalWish; holdMs?: number; waitMs?: number; look: () => Promise<{ session: SessionView; open: OpenAsks }> }): Listening {
  const { wish = 'hold', holdMs = 10_000, ...rest } = options
  const said: SessionNews[] = []
  const told: string[] = []
  let more = Promise.withResolvers<void>()
  let heard = Promise.withResolvers<void>()
  async function* news(): AsyncGenerator<SessionNews> {
    for (;;) {
      const next = said.shift()
      if (next) yield next
      else await more.promise
    }
  }
  const teller = createAnswerTeller()
  const opening = teller.tell({ type: 'snapshot', session: VIEW, answerSoFar: '' })
  const end = (async () => {
    for await (const one of hearTurn(teller, opening, news(), { wish, holdMs, ...rest })) {
      told.push(...one.map(describe))
      heard.resolve()
      heard = Promise.withResolvers()
    }
    return told
  })()
  return {
    end,
    say(...events) {
      said.push(...events.map((event) => ({ type: 'event' as const, event })))
      more.resolve()
      more = Promise.withResolvers()
    },
    async until(what) {
      while (!told.includes(what)) await heard.promise
    },
  }
}

function describe(heard: Heard): string {
  if (heard.type === 'progress') return `(${heard.event.seq})`
  return heard.type === 'awaiting' ? `awaiting ${heard.approvals.map(({ id }) => id).join(' ')}` : heard.type
}
