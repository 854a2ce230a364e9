import type { TaskWriter, Turn } from '@signalbox/a2a'
import type { Plan, PlanRequest } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { expect, test } from 'vitest'

import { node, planOf, startAgent, startOrchestrator } from './fixtures/world.ts'

const says = (text: string) => (_turn: Turn, writer: TaskWriter) => writer.text(text)

/** Draws the first plan at first, and the second when asked to revise. */
function drawing(first: Plan, second: Plan | ((request: PlanRequest) => Plan), asked: PlanRequest[] = []) {
  return (request: PlanRequest): Plan => {
    asked.push(request)
    if (!request.current) return first
    return typeof second === 'function' ? second(request) : second
  }
}

test('a node that failed is planned around, where the plan says so', async () => {
  const asked: PlanRequest[] = []
  const broken = await startAgent('broken', () => Promise.reject(new AppError('agent_failed', 'The index is gone.')))
  const good = await startAgent('good', says('good'))
  const first = planOf({ ...node('find', 'broken'), on_failure: 'replan' }, node('answer', 'good', ['find']))
  const second = planOf(node('other', 'good'), node('answer', 'good', ['other']))
  const { ask } = await startOrchestrator([broken, good], drawing(first, second, asked))
  const { view, events } = await ask('go')
  expect(view).toMatchObject({
    status: 'completed',
    plan_revision: 2,
    nodes: { find: { state: 'skipped', skip_reason: 'failure' }, other: { state: 'completed' } },
  })
  expect(view.revisions).toMatchObject([{ revision: 2, reason: { kind: 'failure', node: 'find' }, added: ['other'], dropped: [], changed: ['answer'] }])
  expect(asked[1]?.current).toMatchObject({
    reason: expect.stringContaining('The index is gone.'),
    nodes: [
      { id: 'find', state: 'failed' },
      { id: 'answer', state: 'pending' },
    ],
  })
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['plan.revising', 'plan.ready']))
})

test('what had finished is not run again, and cannot be changed: the planner is told', async () => {
  let runs = 0
  const faults: string[] = []
  const worker = await startAgent('worker', (_turn, writer) => {
    runs += 1
    writer.artifact({ parts: [{ kind: 'data', data: { kind: 'replan-request', reason: 'Look at B instead.' } }] })
  })
  const good = await startAgent('good', says('good'))
  const first = planOf(node('look', 'worker'), node('a', 'good', ['look']), node('answer', 'good', ['a']))
  const { ask } = await startOrchestrator(
    [worker, good],
    drawing(first, (request) => {
      faults.push(...(request.faults ?? []))
      const look = request.faults ? [] : [{ ...node('look', 'worker'), instruction: 'something else' }]
      return planOf(...look, node('b', 'good', ['look']), node('answer', 'good', ['b']))
    }),
  )
  const { view } = await ask('go')
  expect(faults).toEqual(expect.arrayContaining(["node 'look' has begun and cannot be changed; leave it out, or give it back as it was"]))
  expect(runs).toBe(1)
  expect(view.nodes).toMatchObject({ look: { state: 'completed' }, b: { state: 'completed' }, answer: { state: 'completed' } })
  expect(view.nodes['a']).toBeUndefined()
  expect(view.revisions).toMatchObject([{ reason: { kind: 'request', text: expect.stringContaining('Look at B instead.') }, dropped: ['a'], added: ['b'] }])
})

test('a condition over a result asks for a new plan', async () => {
  const check = await startAgent('check', (_turn, writer) => writer.artifact({ parts: [{ kind: 'data', data: { score: 2 } }] }))
  const good = await startAgent('good', says('good'))
  const first = planOf({ ...node('check', 'check'), replan_when: { '<': [{ var: 'check.data.0.score' }, 5] } }, node('answer', 'good', ['check']))
  const second = planOf(node('more', 'good', ['check']), node('answer', 'good', ['more']))
  const { ask } = await startOrchestrator([check, good], drawing(first, second))
  expect((await ask('go')).view).toMatchObject({ status: 'completed', plan_revision: 2, revisions: [{ reason: { kind: 'condition', node: 'check' } }] })
})

test('where no new plan can be had, a failure is a failure, and anything else goes on as it was', async () => {
  const broken = await startAgent('broken', () => Promise.reject(new AppError('agent_failed', 'No.')))
  const good = await startAgent('good', (_turn, writer) =>
    writer.artifact({
      parts: [
        { kind: 'text', text: 'x' },
        { kind: 'data', data: { kind: 'replan-request', reason: 'hm' } },
      ],
    }),
  )
  const bad = planOf(node('answer', 'nobody'))
  const failing = await startOrchestrator(
    [broken, good],
    drawing(planOf({ ...node('find', 'broken'), on_failure: 'replan' }, node('answer', 'good', ['find'])), bad),
  )
  expect((await failing.ask('go')).view).toMatchObject({ status: 'failed', error: { message: 'No.', node: 'find' } })
  const going = await startOrchestrator([good], drawing(planOf(node('look', 'good'), node('answer', 'good', ['look'])), bad))
  const { view, events } = await going.ask('go')
  expect(view).toMatchObject({ status: 'completed', plan_revision: 1 })
  expect(events.filter(({ type }) => type === 'plan.kept').length).toBeGreaterThan(0)
})

test('a plan that asks to be revised again and again is revised eight times', async () => {
  let count = 0
  const worker = await startAgent('worker', (_turn, writer) =>
    writer.artifact({ parts: [{ kind: 'data', data: { kind: 'replan-request', reason: 'Again.' } }] }),
  )
  const draw = (): Plan => {
    count += 1
    return planOf(node(`n${count}`, 'worker'), node('answer', 'worker', [`n${count}`]))
  }
  const { ask } = await startOrchestrator([worker], draw)
  const { view } = await ask('go')
  expect(view).toMatchObject({ status: 'completed', plan_revision: 9 })
  expect(view.revisions).toHaveLength(8)
})
