import { describe, expect, it } from 'vitest'

import { at, numbered, TWO_AND_ANSWER } from '../live/fixtures.ts'
import { createScale } from './scale.ts'
import { toLanes } from './to-spans.ts'

const ms = (seconds: number): number => Date.parse(at(seconds))

describe('the timeline', () => {
  it('draws each try of a node, and the pause before the next', () => {
    const lanes = toLanes(
      numbered([
        { type: 'plan.started', agents: ['rag'], at: at(0) },
        { type: 'plan.ready', plan: TWO_AND_ANSWER, revision: 1, source: 'planner', at: at(1) },
        { type: 'node.started', node: 'first', agent: 'rag', instruction: '', attempt: 1, at: at(1) },
        { type: 'node.retrying', node: 'first', agent: 'rag', attempt: 2, of: 3, delay_ms: 1_000, error: { code: 'unavailable', message: 'away' }, at: at(3) },
        { type: 'node.started', node: 'first', agent: 'rag', instruction: '', attempt: 2, at: at(4) },
        { type: 'node.completed', node: 'first', agent: 'rag', summary: '', at: at(6) },
      ]),
      ms(9),
    )
    expect(lanes.map(({ id }) => id)).toEqual(['planning', 'first'])
    expect(lanes[1]?.spans.map(({ kind, from, to, end, open }) => [kind, from, to, end, open])).toEqual([
      ['work', ms(1), ms(3), 'retried', false],
      ['backoff', ms(3), ms(4), 'cut', false],
      ['work', ms(4), ms(6), 'completed', false],
    ])
  })

  it('shows how long work has taken so far, and leaves nothing open at the end', () => {
    const story = numbered([{ type: 'node.started', node: 'a', agent: 'rag', instruction: '', attempt: 1, at: at(1) }])
    expect(toLanes(story, ms(5))[0]?.spans[0]).toMatchObject({ open: true, to: ms(5) })
    const ended = [
      ...story,
      ...numbered([{ type: 'session.canceled', usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: 0 }, at: at(7) }], 2),
    ]
    expect(toLanes(ended, ms(100))[0]?.spans[0]).toMatchObject({ open: false, to: ms(7), end: 'cut' })
  })

  it('tells waiting for a person apart from work, and goes on after the word', () => {
    const asked = { node: 'a', agent: 'deployer', approval: 'apr_1' }
    const spans = toLanes(
      numbered([
        { type: 'node.started', node: 'a', agent: 'deployer', instruction: '', attempt: 1, at: at(0) },
        { type: 'approval.requested', ...asked, title: 'Deploy', risk: 'low', source: 'agent', expires_at: at(999), at: at(1) },
        { type: 'approval.decided', ...asked, decision: 'approve', by: ['alice'], at: at(61) },
        { type: 'node.completed', node: 'a', agent: 'deployer', summary: '', at: at(63) },
      ]),
      ms(70),
    )[0]?.spans
    expect(spans?.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['work', ms(0), ms(1)],
      ['wait', ms(1), ms(61)],
      ['work', ms(61), ms(63)],
    ])
  })

  it('does not claim work on a node that had not begun when a person spoke', () => {
    const asked = { node: 'a', agent: 'deployer', approval: 'apr_1' }
    const spans = toLanes(
      numbered([
        { type: 'approval.requested', ...asked, title: 'Deploy', risk: 'low', source: 'plan', expires_at: at(999), at: at(1) },
        { type: 'approval.decided', ...asked, decision: 'approve', by: ['alice'], at: at(5) },
        { type: 'node.started', node: 'a', agent: 'deployer', instruction: '', attempt: 1, at: at(6) },
      ]),
      ms(7),
    )[0]?.spans
    expect(spans?.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ['wait', ms(1), ms(5)],
      ['work', ms(6), ms(7)],
    ])
  })
})

describe('the scale of time', () => {
  const work = (from: number, to: number) => ({
    kind: 'work' as const,
    from: ms(from),
    to: ms(to),
    open: false,
    attempt: 1,
    agent: 'a',
    end: undefined,
    why: undefined,
  })

  it('draws an hour of waiting narrower than ten seconds of work', () => {
    const spans = [work(0, 10), { ...work(10, 3_610), kind: 'wait' as const }, work(3_610, 3_620)]
    const scale = createScale(spans, { compress: true })
    expect(scale.gaps).toEqual([{ from: ms(10), to: ms(3_610) }])
    expect(scale.at(ms(10)) - scale.at(ms(0))).toBeGreaterThan(0.4)
    expect(scale.at(ms(3_610)) - scale.at(ms(10))).toBeLessThan(0.06)
    expect(scale.at(ms(3_620))).toBeCloseTo(1)
    expect(createScale(spans, { compress: false }).gaps).toEqual([])
  })

  it('goes forward only, and has few ticks, none in a gap', () => {
    const scale = createScale([work(0, 10), work(7_210, 7_220)], { compress: true })
    const points = [0, 5, 10, 3_000, 7_210, 7_215, 7_220].map((second) => scale.at(ms(second)))
    expect(points).toEqual(points.toSorted((a, b) => a - b))
    const ticks = scale.ticks(6)
    expect(ticks.length).toBeLessThan(12)
    expect(ticks.every(({ afterMs }) => afterMs <= 10_000 || afterMs >= 7_210_000)).toBe(true)
  })

  it('stands where there is nothing yet', () => {
    expect(createScale([], { compress: true }).at(0)).toBe(0)
  })
})
