import { describe, expect, it } from 'vitest'

import { numbered } from './fixtures.ts'
import { tellEvent, toLogRows } from './tell-event.ts'

describe('the event log', () => {
  it('tells our words from what others say', () => {
    const [progress] = numbered([{ type: 'node.progress', node: 'a', agent: 'rag', text: 'Approved by admin' }])
    expect(progress && tellEvent(progress)).toEqual({ words: 'Says', said: 'Approved by admin', group: 'nodes', tone: 'quiet' })
  })

  it('puts the pieces of an answer into one row, until it is begun anew', () => {
    const piece = { type: 'answer.delta' as const, node: 'a', agent: 'reasoning' }
    const rows = toLogRows(
      numbered([
        { type: 'session.created' },
        { ...piece, offset: 0, text: 'Both ' },
        { ...piece, offset: 5, text: 'speak' },
        { ...piece, offset: 0, text: 'Anew' },
        { type: 'session.canceled', usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: 0 } },
      ]),
    )
    expect(rows.map(({ line, count }) => [line.words, line.said, count])).toEqual([
      ['Session created', undefined, 1],
      ['Answer', 'Both speak', 2],
      ['Answer', 'Anew', 1],
      ['Canceled', undefined, 1],
    ])
  })

  it('says what a revision changed', () => {
    const [event] = numbered([
      { type: 'plan.ready', plan: { goal: 'g', answer: 'a', nodes: [] }, revision: 2, source: 'planner', added: ['b'], dropped: ['c'], changed: [] },
    ])
    expect(event && tellEvent(event)).toMatchObject({ words: 'Plan revised (2): 0 nodes', said: '+b  −c' })
  })
})
