import { describe, expect, it } from 'vitest'

import { at, freshView, numbered, TWO_AND_ANSWER } from './fixtures.ts'
import { createLiveSession, withEvents, withSnapshot } from './live-session.ts'

const STORY = numbered([
  { type: 'session.created' },
  { type: 'plan.started', agents: ['rag', 'reasoning'] },
  { type: 'plan.ready', plan: TWO_AND_ANSWER, revision: 1, source: 'planner' },
  { type: 'node.started', node: 'first', agent: 'rag', instruction: 'Find the first address', attempt: 1 },
  { type: 'node.started', node: 'second', agent: 'rag', instruction: 'Find the second address', attempt: 1 },
  { type: 'node.progress', node: 'first', agent: 'rag', text: 'searching' },
  {
    type: 'node.completed',
    node: 'first',
    agent: 'rag',
    summary: '4 passages',
    usage: { prompt_tokens: 5, completion_tokens: 5, total_tokens: 10, cost_usd: 0.01 },
  },
  { type: 'node.completed', node: 'second', agent: 'rag', summary: '3 passages' },
  { type: 'node.started', node: 'answer', agent: 'reasoning', instruction: 'Compare them', attempt: 1 },
  { type: 'answer.delta', node: 'answer', agent: 'reasoning', offset: 0, text: 'Both speak' },
  { type: 'answer.delta', node: 'answer', agent: 'reasoning', offset: 10, text: ' of union.' },
  { type: 'node.completed', node: 'answer', agent: 'reasoning', summary: 'Both speak of union.' },
  { type: 'session.completed', usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30, cost_usd: 0.02 }, citations: [] },
])

describe('a session that is followed', () => {
  it('shows every node’s state as its events come', () => {
    const live = withEvents(createLiveSession(freshView()), STORY.slice(0, 7))
    expect(Object.fromEntries(Object.entries(live.view.nodes).map(([id, { state }]) => [id, state]))).toEqual({
      first: 'completed',
      second: 'running',
      answer: 'pending',
    })
    expect(live.heard['first']).toBe('4 passages')
    expect(live.view.usage.total_tokens).toBe(10)
  })

  it('doubles nothing when events come again after the line broke', () => {
    const once = withEvents(createLiveSession(freshView()), STORY)
    const broken = withEvents(withEvents(createLiveSession(freshView()), STORY.slice(0, 9)), STORY.slice(4))
    expect(broken).toEqual(once)
    expect(withEvents(once, STORY)).toBe(once)
    expect(once.answer).toBe('Both speak of union.')
    expect(once.view.status).toBe('completed')
    expect(once.view.usage.total_tokens).toBe(30)
  })

  it('never jumps over an event that is missing', () => {
    const live = withEvents(createLiveSession(freshView()), [...STORY.slice(0, 3), ...STORY.slice(5)])
    expect(live.gap).toBe(true)
    expect(live.lastSeq).toBe(3)
    const mended = withEvents(live, STORY.slice(3))
    expect(mended.gap).toBe(false)
    expect(mended.lastSeq).toBe(STORY.length)
  })

  it('logs what its snapshot knows already without applying it again', () => {
    const end = withEvents(createLiveSession(freshView()), STORY).view
    const late = withEvents(createLiveSession(end), STORY)
    expect(late.view).toBe(end)
    expect(late.events).toHaveLength(STORY.length)
    expect(late.answer).toBe('Both speak of union.')
  })

  it('keeps what has happened since a snapshot that comes late', () => {
    const live = withEvents(createLiveSession(freshView()), STORY.slice(0, 9))
    const early = { ...withEvents(createLiveSession(freshView()), STORY.slice(0, 7)).view, request_id: 'req_of_snapshot' }
    const after = withSnapshot(live, early)
    expect(after.view.nodes['second']?.state).toBe('completed')
    expect(after.view.request_id).toBe('req_of_snapshot')
    expect(withSnapshot(after, freshView())).toBe(after)
  })

  it('makes branches of a map as soon as it is taken apart', () => {
    const plan = {
      ...TWO_AND_ANSWER,
      nodes: [
        {
          kind: 'map' as const,
          id: 'each',
          agent: 'reasoning',
          instruction: 'Sum it up',
          over: 'first.data',
          needs: [],
          on_failure: 'fail' as const,
          on_item_failure: 'skip' as const,
        },
      ],
    }
    const live = withEvents(
      createLiveSession(freshView()),
      numbered([
        { type: 'plan.ready', plan, revision: 1, source: 'planner' },
        { type: 'node.expanded', node: 'each', agent: 'reasoning', branches: 2 },
        { type: 'node.started', node: 'each.1', agent: 'reasoning', instruction: 'Sum it up', attempt: 1 },
        { type: 'node.started', node: 'each.2', agent: 'reasoning', instruction: 'Sum it up', attempt: 1 },
      ]),
    )
    expect(live.view.nodes['each.0']).toMatchObject({ state: 'pending', branch: { of: 'each', role: 'item', index: 0 } })
    expect(live.view.nodes['each.2']).toMatchObject({ state: 'running', branch: { of: 'each', index: 2 } })
  })

  it('waits for people, and goes on when they have spoken', () => {
    const asked = withEvents(
      createLiveSession(freshView()),
      numbered([
        { type: 'plan.ready', plan: TWO_AND_ANSWER, revision: 1, source: 'planner' },
        { type: 'node.started', node: 'first', agent: 'rag', instruction: 'Find', attempt: 1 },
        { type: 'input.requested', node: 'first', agent: 'rag', question: 'q1', text: 'Which one?' },
        { type: 'session.waiting', for: 'input', approvals: [], questions: ['q1'] },
      ]),
    )
    expect(asked.view).toMatchObject({
      status: 'waiting_input',
      nodes: { first: { state: 'waiting', waits_for: 'input' } },
      questions: { q1: { answer: null } },
    })
    const answered = withEvents(asked, numbered([{ type: 'input.received', node: 'first', agent: 'rag', question: 'q1' }], 5))
    expect(answered.view.status).toBe('active')
    expect(answered.view.nodes['first']).not.toHaveProperty('waits_for')
    expect(answered.view.questions['q1']?.answer).not.toBeNull()
  })

  it('runs anew what is redriven, and leaves the rest', () => {
    const failed = withEvents(
      createLiveSession(freshView()),
      numbered([
        { type: 'plan.ready', plan: TWO_AND_ANSWER, revision: 1, source: 'planner' },
        { type: 'node.completed', node: 'first', agent: 'rag', summary: '' },
        { type: 'node.failed', node: 'second', agent: 'rag', error: { code: 'agent_failed', message: 'no' } },
        { type: 'dead_letter.kept', node: 'second', agent: 'rag', error: { code: 'agent_failed', message: 'no' }, attempts: 3 },
        { type: 'session.failed', error: { code: 'agent_failed', message: 'no' }, usage: freshView().usage },
      ]),
    )
    expect(failed.view).toMatchObject({ status: 'failed', nodes: { answer: { state: 'skipped', skip_reason: 'not_needed' } } })
    const { view } = withEvents(failed, numbered([{ type: 'session.redriven', nodes: ['second', 'answer'] }], 6))
    expect(view).toMatchObject({ status: 'active', error: null, finished_at: null, dead_letters: [] })
    expect(Object.values(view.nodes).map(({ state }) => state)).toEqual(['completed', 'pending', 'pending'])
  })

  it('lets a revised plan drop what has not begun', () => {
    const { view } = withEvents(
      createLiveSession(freshView()),
      numbered([
        { type: 'plan.ready', plan: TWO_AND_ANSWER, revision: 1, source: 'planner' },
        { type: 'node.completed', node: 'first', agent: 'rag', summary: '', at: at(3) },
        { type: 'plan.revising', reason: { kind: 'request', text: 'enough' } },
        { type: 'plan.ready', plan: { ...TWO_AND_ANSWER, nodes: TWO_AND_ANSWER.nodes.slice(2) }, revision: 2, source: 'planner' },
      ]),
    )
    expect(Object.keys(view.nodes).toSorted()).toEqual(['answer', 'first'])
    expect(view.revising).toBeNull()
  })
})
