import { agentOf, type NodeState, type Plan, type PlanNode } from '@signalbox/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { schedule, type ScheduleLimits } from './schedule.ts'

const WIDE: ScheduleLimits = { perSession: 64, perAgent: 64 }
const always = (): boolean => true

describe('what is done next', () => {
  test('all nodes that need nothing start together', () => {
    expect(decide(planOf('a', 'b', 'c<a,b'), {})).toEqual({ start: ['a', 'b'], open: [], skip: [], outcome: 'running' })
  })

  test('a join waits for the last of its needs', () => {
    const plan = planOf('a', 'b', 'c<a,b')
    expect(decide(plan, { a: 'completed', b: 'running' }).start).toEqual([])
    expect(decide(plan, { a: 'completed', b: 'completed' }).start).toEqual(['c'])
  })

  test('a node whose condition is false is skipped, and what rests on it alone with it', () => {
    const plan = planOf('a', 'b<a', 'c<b', 'd<a,c')
    const decision = schedule(plan, states(plan, { a: 'completed' }), { limits: WIDE, holds: ({ id }) => id !== 'b' })
    expect(decision.skip).toEqual([
      { id: 'b', reason: 'condition' },
      { id: 'c', reason: 'upstream' },
    ])
    expect(decision.start).toEqual(['d'])
  })

  test('the answer is written even when everything before it was skipped', () => {
    const plan = planOf('a', 'b<a')
    expect(decide(plan, { a: 'skipped' }).start).toEqual(['b'])
  })

  test('a failed node fails the session at once', () => {
    expect(decide(planOf('a', 'b', 'c<a,b'), { a: 'failed', b: 'running' })).toEqual({ start: [], open: [], skip: [], outcome: 'failed' })
  })

  test('once the answer is there nothing else is needed', () => {
    const plan = { ...planOf('a', 'b', 'c<a'), answer: 'a' }
    expect(decide(plan, { a: 'completed' })).toEqual({
      start: [],
      open: [],
      skip: [
        { id: 'b', reason: 'not_needed' },
        { id: 'c', reason: 'not_needed' },
      ],
      outcome: 'finished',
    })
  })

  test('what has priority begins first', () => {
    const plan = planOf('a', 'b', 'c', 'd<a,b,c')
    const urgent = { ...plan, nodes: plan.nodes.map((node) => (node.id === 'c' ? { ...node, priority: 9 } : node)) }
    expect(decide(urgent, {}, { perSession: 2, perAgent: 64 }).start).toEqual(['c', 'a'])
  })

  test('what waits for people takes no place, and what is not to begin yet leaves its place to others', () => {
    const plan = planOf('a', 'b', 'c', 'd<a,b,c')
    const limits = { perSession: 1, perAgent: 64 }
    expect(decide(plan, { a: 'waiting' }, limits).start).toEqual(['b'])
    expect(schedule(plan, states(plan, {}), { limits, holds: always, held: new Set(['a', 'b']) }).start).toEqual(['c'])
  })

  test('a node that is taken apart takes no place, and its branches do', () => {
    const plan = planOf('a', 'b<a')
    const map: PlanNode = { id: 'm', kind: 'map', agent: 'x', instruction: 'm', needs: ['a'], over: 'a', on_failure: 'fail', on_item_failure: 'fail' }
    const mapped = { ...plan, nodes: [plan.nodes[0] as PlanNode, map, { ...(plan.nodes[1] as PlanNode), needs: ['m'] }] }
    const ready = states(mapped, { a: 'completed' })
    expect(schedule(mapped, ready, { limits: WIDE, holds: always })).toMatchObject({ start: [], open: ['m'], outcome: 'running' })
    const branch = (index: number): NodeState => ({ state: 'pending', agent: 'x', attempts: 0, epoch: 0, branch: { of: 'm', role: 'item', index, agent: 'x' } })
    const opened = { ...ready, 'm': { ...(ready['m'] as NodeState), state: 'running' as const }, 'm.0': branch(0), 'm.1': branch(1), 'm.2': branch(2) }
    expect(schedule(mapped, opened, { limits: { perSession: 64, perAgent: 2 }, holds: always }).start).toEqual(['m.0', 'm.1'])
  })

  test('a node that streams from another begins when that one is at work, and not before', () => {
    const [a] = planOf('a').nodes as [PlanNode]
    const map: PlanNode = {
      id: 'm',
      kind: 'map',
      agent: 'x',
      instruction: 'm',
      needs: ['a'],
      over: 'a',
      stream: true,
      on_failure: 'fail',
      on_item_failure: 'fail',
    }
    const plan: Plan = { goal: 'g', nodes: [a, map, { ...a, id: 'z', needs: ['m'] }], answer: 'z' }
    expect(schedule(plan, states(plan, {}), { limits: WIDE, holds: always }).open).toEqual([])
    expect(schedule(plan, states(plan, { a: 'running' }), { limits: WIDE, holds: always }).open).toEqual(['m'])
  })

  test('no more run than the session and the agent allow', () => {
    const plan = planOf('a', 'b', 'c', 'd<a,b,c')
    expect(decide(plan, {}, { perSession: 2, perAgent: 64 }).start).toEqual(['a', 'b'])
    expect(decide(plan, { a: 'running' }, { perSession: 64, perAgent: 1 }).start).toEqual([])
  })
})

test('over any plan and any course of events: every invariant holds and the session ends', () => {
  fc.assert(
    fc.property(
      anyPlan(),
      fc.record({ perSession: fc.integer({ min: 1, max: 4 }), perAgent: fc.integer({ min: 1, max: 3 }) }),
      fc.array(fc.nat(99), { minLength: 8, maxLength: 32 }),
      (plan, limits, chances) => {
        const known = states(plan, {})
        const byId = new Map(plan.nodes.map((node) => [node.id, node]))
        let rolled = 0
        const luck = (): number => chances[rolled++ % chances.length] as number
        const holds = ({ id }: PlanNode): boolean => (id.codePointAt(1) ?? 0) % 3 !== 0
        for (let step = 0; step < 40; step += 1) {
          const before = structuredClone(known)
          const decision = schedule(plan, known, { limits, holds })
          expect(schedule(plan, before, { limits, holds })).toEqual(decision) // I8, and purity
          const settledNow = new Set([...Object.keys(known).filter((id) => isSettled(known[id])), ...decision.skip.map(({ id }) => id)])
          for (const id of [...decision.start, ...decision.skip.map((skipped) => skipped.id)]) expect(known[id]?.state).toBe('pending') // I2
          if (decision.outcome === 'running') {
            for (const id of decision.start) expect(byId.get(id)?.needs.every((need) => settledNow.has(need))).toBe(true) // I1
            for (const { id, reason } of decision.skip) {
              const node = byId.get(id) as PlanNode
              if (reason === 'condition') expect(holds(node)).toBe(false) // I4
              else expect(node.needs.every((need) => known[need]?.state === 'skipped' || decision.skip.some((skipped) => skipped.id === need))).toBe(true) // I5
            }
          }
          for (const { id } of decision.skip) known[id] = { ...(known[id] as NodeState), state: 'skipped' }
          for (const id of decision.start) known[id] = { ...(known[id] as NodeState), state: 'running' }
          const running = Object.entries(known).filter(([, { state }]) => state === 'running')
          expect(running.length).toBeLessThanOrEqual(limits.perSession) // I3
          for (const agent of ['x', 'y']) expect(running.filter(([id]) => known[id]?.agent === agent).length).toBeLessThanOrEqual(limits.perAgent) // I3
          if (decision.outcome === 'failed') return void expect(Object.values(before).some(({ state }) => state === 'failed')).toBe(true) // I6
          if (decision.outcome === 'finished') return void expect(isSettled(known[plan.answer])).toBe(true) // I9
          expect(running.length).toBeGreaterThan(0) // I7: nothing waits for ever
          const [ended] = running[luck() % running.length] as [string, NodeState]
          const roll = luck()
          known[ended] = { ...(known[ended] as NodeState), state: roll < 85 ? 'completed' : roll < 95 ? 'skipped' : 'failed' }
        }
        throw new Error('the session did not end')
      },
    ),
    { numRuns: 500 },
  )
})

/** `c<a,b` is a node c that needs a and b; the last is the answer. */
function planOf(...nodes: string[]): Plan {
  const drawn = nodes.map((text): PlanNode => {
    const [id, needs] = text.split('<') as [string, string | undefined]
    return { id, kind: 'agent', agent: 'x', instruction: id, needs: needs?.split(',') ?? [], on_failure: 'fail', when: true }
  })
  return { goal: 'g', nodes: drawn, answer: drawn.at(-1)?.id as string }
}

function states(plan: Plan, given: Record<string, NodeState['state']>): Record<string, NodeState> {
  return Object.fromEntries(plan.nodes.map((node) => [node.id, { state: given[node.id] ?? 'pending', agent: agentOf(node), attempts: 0, epoch: 0 }]))
}

function decide(plan: Plan, given: Record<string, NodeState['state']>, limits = WIDE) {
  return schedule(plan, states(plan, given), { limits, holds: always })
}

function isSettled(state: NodeState | undefined): boolean {
  return state?.state === 'completed' || state?.state === 'skipped'
}

function anyPlan(): fc.Arbitrary<Plan> {
  return fc
    .array(fc.record({ agent: fc.constantFrom('x', 'y'), picks: fc.array(fc.nat(30), { maxLength: 4 }), when: fc.boolean() }), { minLength: 1, maxLength: 14 })
    .map((drawn) => {
      const nodes = drawn.map(({ agent, picks, when }, index): PlanNode => ({
        id: `n${index}`,
        kind: 'agent',
        agent,
        instruction: 'do it',
        needs: index === 0 ? [] : [...new Set(picks.map((pick) => `n${pick % index}`))],
        on_failure: 'fail',
        ...(when && { when: true }),
      }))
      return { goal: 'g', nodes, answer: `n${nodes.length - 1}` }
    })
}
