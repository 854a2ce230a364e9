import type { Approval, PlanNode, SessionView } from '@signalbox/contracts'
import { describe, expect, it } from 'vitest'

import { tellDecision } from '../../decisions/tell-decision.ts'
import { nearNodes } from './near-nodes.ts'
import { approvalsSoFar, tellEligible } from './quorum.ts'
import { toTraceUrl } from './trace-url.ts'

describe('the plan around an approval', () => {
  const view = planned([node('find'), node('weigh', 'find'), node('deploy', 'weigh'), node('tell', 'deploy'), node('other')])

  it('shows what the node needs, itself, and what waits for it, before all others', () => {
    expect(nearNodes(view, 'deploy').near.map(({ id, place }) => `${place} ${id}`)).toEqual([
      'before weigh',
      'here deploy',
      'after tell',
      'beside find',
      'beside other',
    ])
  })

  it('leaves out what is far off where there is no room, and says how much', () => {
    const { near, more } = nearNodes(view, 'deploy', 3)
    expect([near.map(({ id }) => id), more]).toEqual([['weigh', 'deploy', 'tell'], 2])
  })

  it('shows the node that a branch is of', () => {
    const state = { ...view, nodes: { 'deploy.1': { branch: { of: 'deploy' } } } } as unknown as SessionView
    expect(nearNodes(state, 'deploy.1').near.find(({ place }) => place === 'here')?.id).toBe('deploy')
  })

  it('is nothing where there is no plan yet', () => {
    expect(nearNodes({ plan: null, nodes: {} }, 'deploy')).toEqual({ near: [], more: 0 })
  })
})

describe('who has approved', () => {
  it('counts each person once, and only for the bytes that stand by now', () => {
    const said = [
      word('alice', 'old'),
      word('bob', 'old', true),
      word('bob', 'new'),
      word('bob', 'new'),
      { ...word('carol', 'new'), decision: 'reject' as const },
    ]
    expect(approvalsSoFar({ decisions: said, args_sha256: 'old', edit: { args: {}, args_sha256: 'new', by: 'bob', at: '' } })).toBe(1)
  })

  it('tells who may in words', () => {
    expect(tellEligible(['role:approver', 'role:admin', 'group:finance', 'user:alice'])).toBe('approvers and above, or admins, or the group finance, or alice')
  })
})

describe('the decision that stands', () => {
  it('is told with who decided and by which way', () => {
    expect(tellDecision({ state: 'rejected', decisions: [{ ...word('Bob', 'x'), decision: 'reject', via: 'slack' }] })).toBe('Bob rejected it in Slack.')
    expect(tellDecision({ state: 'approved', decisions: [{ ...word('Bob', 'x'), decision: 'edit' }] })).toBe('Bob edited and approved it at the console.')
    expect(tellDecision({ state: 'expired', decisions: [] })).toContain('Nobody decided in time')
  })
})

describe('a link to the trace', () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  it('is made of the template and the trace’s id', () => {
    expect(toTraceUrl('http://jaeger/trace/{trace_id}', parent)).toBe('http://jaeger/trace/0af7651916cd43dd8448eb211c80319c')
  })

  it('is none without a template, without a trace, or where it would be more than an address', () => {
    expect(toTraceUrl(null, parent)).toBeUndefined()
    expect(toTraceUrl('http://jaeger/{trace_id}', null)).toBeUndefined()
    expect(toTraceUrl('http://jaeger/{trace_id}', '00-javascript-1-1')).toBeUndefined()
    expect(toTraceUrl('javascript:alert("{trace_id}")', parent)).toBeUndefined()
  })
})

function node(id: string, ...needs: string[]): PlanNode {
  return { kind: 'agent', id, agent: 'web', instruction: `Do ${id}.\nMore.`, needs } as unknown as PlanNode
}

function planned(nodes: PlanNode[]): Pick<SessionView, 'plan' | 'nodes'> {
  return { plan: { goal: 'g', answer: 'tell', nodes }, nodes: {} }
}

function word(by: string, hash: string, superseded = false): Approval['decisions'][number] {
  return { by: { id: `user:${by}`, name: by }, via: 'console', decision: 'approve', reason: null, args_sha256: hash, at: '', superseded }
}
