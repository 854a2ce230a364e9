import { UNDRIVEN, NO_USAGE, type NewSessionEvent, type SessionEvent, type SessionView } from '@signalbox/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { SessionNews } from './orchestrator.ts'
import { createAnswerTeller, type AnswerTeller, type Telling } from './tell-answer.ts'

const at = '2026-11-21T00:00:00.000Z'
const VIEW: SessionView = {
  ...UNDRIVEN,
  schema: 1,
  id: 'ses_00000000000000000000000000',
  goal: 'g',
  request_id: 'r',
  created_at: at,
  updated_at: at,
}
const snapshot = (extra: Partial<SessionView> = {}, answerSoFar = ''): SessionNews => ({ type: 'snapshot', session: { ...VIEW, ...extra }, answerSoFar })
const event = (seq: number, said: Record<string, unknown> & { type: NewSessionEvent['type'] }): SessionNews => ({
  type: 'event',
  event: { seq, at, node: 'n', agent: 'a', ...said } as unknown as SessionEvent,
})
const delta = (seq: number, offset: number, text: string): SessionNews => event(seq, { type: 'answer.delta', offset, text })
const done = (seq: number): SessionNews => event(seq, { type: 'session.completed', usage: NO_USAGE, citations: [] })
const started = (seq: number): SessionNews => event(seq, { type: 'node.started', instruction: 'i', attempt: 1 })

function tellAll(news: readonly SessionNews[], teller: AnswerTeller = createAnswerTeller()): string[] {
  return news.flatMap((item) => teller.tell(item)).map(describe)
}

function describe(telling: Telling): string {
  switch (telling.type) {
    case 'content':
      return telling.text
    case 'progress':
      return telling.line === undefined ? `(${telling.event.seq})` : `(${telling.event.seq}: ${telling.line})`
    case 'completed':
      return 'done'
    case 'fault':
      return `fault ${telling.error.code}`
  }
}

test('1. an event is told once, however often it comes', () => {
  expect(tellAll([snapshot(), started(1), delta(2, 0, 'a'), snapshot(), started(1), delta(2, 0, 'a'), delta(3, 1, 'b'), done(4)])).toEqual([
    '(1: asking a: i)',
    'a',
    'b',
    'done',
  ])
})

test('1. events from before the snapshot are told, where nobody has told them yet', () => {
  expect(tellAll([snapshot({ last_seq: 2 }), started(1), delta(2, 0, 'a'), delta(3, 1, 'b'), done(4)])).toEqual(['(1: asking a: i)', 'a', 'b', 'done'])
})

test.each<[string, SessionNews[], string[]]>([
  [
    'begins with what was told: it goes on beyond it',
    [delta(1, 0, 'Hello'), delta(2, 0, 'He'), delta(3, 2, 'llo wor'), delta(4, 9, 'ld'), done(5)],
    ['Hello', ' wor', 'ld', 'done'],
  ],
  ['says something else: a fault', [delta(1, 0, 'Hello'), delta(2, 0, 'Good'), done(3)], ['Hello', 'fault agent_failed']],
  ['ends before what was told: a fault', [delta(1, 0, 'Hello'), delta(2, 0, 'He'), done(3)], ['Hello', 'fault agent_failed']],
])('2. an answer begun anew that %s', (_name, news, told) => {
  expect(tellAll([snapshot(), ...news])).toEqual(told)
})

test('3. text beyond what is known is a fault, not a hole', () => {
  expect(tellAll([snapshot(), delta(1, 0, 'a'), delta(2, 5, 'b')])).toEqual(['a', 'fault upstream_invalid'])
})

test('4. half a surrogate pair waits for its other half, and is told at the end if none comes', () => {
  expect(tellAll([snapshot(), delta(1, 0, 'a\ud83d'), delta(2, 2, '\ude00b'), done(3)])).toEqual(['a', '\u{1f600}b', 'done'])
  expect(tellAll([snapshot(), delta(1, 0, 'a\ud83d'), done(2)])).toEqual(['a', '\ud83d', 'done'])
})

test('5. progress after the first content has no line', () => {
  expect(tellAll([snapshot(), delta(1, 0, 'a'), started(2), done(3)])).toEqual(['a', '(2)', 'done'])
})

test('6. after an ending nothing is told', () => {
  expect(tellAll([snapshot(), done(1), delta(2, 0, 'a'), snapshot(), done(3)])).toEqual(['done'])
})

test.each<[string, SessionNews[], string[]]>([
  ['an ended session is told from its snapshot', [snapshot({ status: 'completed', answer: { text: 'all', citations: [] } })], ['all', 'done']],
  ['a failed one too', [snapshot({ status: 'failed', error: { code: 'plan_invalid', message: 'no' } })], ['fault plan_invalid']],
  ['and a canceled one', [snapshot({ status: 'canceled' })], ['fault canceled']],
  ['and an expired one', [snapshot(), event(1, { type: 'session.expired' })], ['fault canceled']],
  [
    'a snapshot catches up after a break',
    [snapshot(), delta(1, 0, 'a'), snapshot({ status: 'completed', answer: { text: 'abc', citations: [] } })],
    ['a', 'bc', 'done'],
  ],
  ['a snapshot that is behind takes nothing back', [snapshot(), delta(1, 0, 'abc'), snapshot({}, 'ab'), delta(2, 3, 'd'), done(3)], ['abc', 'd', 'done']],
  ['text that came without its event counts', [snapshot(), { type: 'answer', offset: 0, text: 'ab' }, delta(1, 2, 'c'), done(2)], ['ab', 'c', 'done']],
  ['an end without its event is an end', [snapshot(), delta(1, 0, 'a'), { type: 'ended', status: 'completed', message: '' }], ['a', 'done']],
  ['a bad end without its event is a fault', [snapshot(), { type: 'ended', status: 'failed', message: 'broken' }], ['fault agent_failed']],
  [
    'a fault that names a caller’s mistake is not the caller’s',
    [snapshot(), event(1, { type: 'session.failed', error: { code: 'invalid_request', message: 'no' }, usage: NO_USAGE })],
    ['fault agent_failed'],
  ],
])('%s', (_name, news, told) => {
  expect(tellAll(news)).toEqual(told)
})

test.each<[string, SessionNews[], string[]]>([
  [
    'the answer as it reads at the snapshot, not as it was begun before',
    [snapshot({ last_seq: 4 }), delta(1, 0, 'Good'), delta(2, 4, 'bye'), delta(3, 0, 'He'), delta(4, 2, 'llo'), delta(5, 5, '!'), done(6)],
    ['Hello', '!', 'done'],
  ],
  [
    'it also where history ends with something else',
    [snapshot({ last_seq: 3 }), delta(1, 0, 'Good'), delta(2, 0, 'Hello'), started(3), started(4), done(5)],
    ['(3: asking a: i)', 'Hello', '(4)', 'done'],
  ],
  [
    'progress of before the answer with its lines',
    [snapshot({ last_seq: 3 }), started(1), delta(2, 0, 'He'), delta(3, 2, 'llo'), done(4)],
    ['(1: asking a: i)', 'Hello', 'done'],
  ],
  [
    'no ending that was none',
    [
      snapshot({ last_seq: 4 }),
      delta(1, 0, 'Half'),
      event(2, { type: 'session.failed', error: { code: 'agent_failed', message: 'x' }, usage: NO_USAGE }),
      event(3, { type: 'session.redriven', nodes: ['n'] }),
      delta(4, 0, 'Whole'),
      done(5),
    ],
    ['(2)', '(3: Trying again: n)', 'Whole', 'done'],
  ],
  [
    'a fault where what had been sent is taken back in it',
    [snapshot(), delta(1, 0, 'Hello'), snapshot({ last_seq: 4 }), delta(2, 0, 'Goodb'), started(3), delta(4, 5, 'ye'), done(5)],
    ['Hello', '(3)', 'fault agent_failed'],
  ],
  ['a fault for a hole', [snapshot({ last_seq: 3 }), delta(1, 0, 'a'), delta(2, 5, 'b'), done(3)], ['fault upstream_invalid']],
])('7. history tells %s', (_name, news, told) => {
  expect(tellAll(news)).toEqual(told)
})

test('a budget that ended the session is told with its end, from the event and from the snapshot', () => {
  const stopped = { limit: 'usd' as const, message: 'spent' }
  const byEvent = createAnswerTeller()
  byEvent.tell(snapshot())
  expect(byEvent.tell(event(1, { type: 'session.completed', usage: NO_USAGE, citations: [], stopped }))).toMatchObject([{ type: 'completed', stopped }])
  expect(createAnswerTeller().tell(snapshot({ status: 'completed', stopped }))).toMatchObject([{ type: 'completed', stopped }])
})

test('it is known whether the session is paused', () => {
  const teller = createAnswerTeller()
  const seen = [snapshot({ status: 'paused' }), event(1, { type: 'session.unpaused' }), event(2, { type: 'session.paused' })].map((news) => {
    teller.tell(news)
    return teller.paused
  })
  expect(seen).toEqual([true, false, true])
})

test('usage by node is gathered over snapshots and events', () => {
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost_usd: null }
  const teller = createAnswerTeller()
  tellAll(
    [
      snapshot({ nodes: { a: { state: 'completed', agent: 'x', attempts: 1, epoch: 1, usage } } }),
      event(1, { type: 'node.completed', node: 'b', usage, summary: '' }),
    ],
    teller,
  )
  expect(teller.tell(done(2)).at(-1)).toMatchObject({ type: 'completed', usageByNode: { a: usage, b: usage } })
})

test('however an answer is cut into pieces, begun anew and heard again, what is told is the answer', () => {
  const pieces = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(pieces, fc.array(fc.nat({ max: 11 }), { maxLength: 3 }), fc.nat({ max: 20 }), (parts, restarts, breakAt) => {
      const text = parts.join('')
      const deltas: SessionNews[] = []
      let seq = 0
      for (const until of [...restarts, parts.length]) {
        let offset = 0
        for (const part of parts.slice(0, until)) {
          deltas.push(delta(++seq, offset, part))
          offset += part.length
        }
      }
      const all = [...deltas, done(++seq)]
      const teller = createAnswerTeller()
      const told = [snapshot(), ...all.slice(0, breakAt), snapshot(), ...all].flatMap((news) => teller.tell(news))
      expect(told.map((telling) => (telling.type === 'content' ? telling.text : '')).join('')).toBe(text)
      expect(told.at(-1)?.type).toBe('completed')
    }),
  )
})
