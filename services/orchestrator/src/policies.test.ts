import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { TaskWriter, Turn } from '@signalbox/a2a'
import type { PlanNode } from '@signalbox/contracts'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { answerOf, node, planOf, startAgent, startOrchestrator } from './fixtures/world.ts'

const says = (text: string) => (_turn: Turn, writer: TaskWriter) => writer.text(text)

/** Starts with these policies. */
async function policies(text: string): Promise<{ APPROVALS_FILE: string }> {
  const folder = await temporaryFolder()
  const file = join(folder.path, 'approvals.yaml')
  await writeFile(file, `version: 1\n${text}`)
  return { APPROVALS_FILE: file }
}

test('a policy has a person asked before its agent is, and two where it says two', async () => {
  const agent = await startAgent('deploy-prod', says('deployed'))
  const settings = await policies(`
policies:
  - { id: deploys, match: { agent: 'deploy-*' }, risk: high, why: Production serves customers., quorum: 2 }
`)
  const world = await startOrchestrator([agent], planOf(node('answer', 'deploy-prod')), settings)
  const asked = world.ask('go')
  const [approval] = await world.asked()
  expect(approval).toMatchObject({ source: 'policy', risk: { level: 'high' }, policy: { id: 'deploys' }, why: 'Production serves customers.' })
  expect(await world.decide(approval!, { decision: 'approve' })).toMatchObject({ status: 200, body: { state: 'pending' } })
  // One person is one, however often.
  expect((await world.decide({ ...approval!, version: 2 }, { decision: 'approve' })).status).not.toBe(200)
  expect(await world.decide({ ...approval!, version: 2 }, { decision: 'approve' }, { id: 'user:carol', name: 'Carol' })).toMatchObject({
    status: 200,
    body: { state: 'approved' },
  })
  expect(answerOf((await asked).events)).toBe('deployed')
})

test('what a policy denies is not done, and nobody is asked', async () => {
  let runs = 0
  const agent = await startAgent('payments', (_turn, writer) => {
    runs += 1
    writer.text('paid')
  })
  const good = await startAgent('good', says('done'))
  const settings = await policies(`
policies:
  - { id: no-payments, match: { agent: payments }, effect: deny, why: Payments are made elsewhere. }
`)
  const world = await startOrchestrator([agent, good], planOf(node('pay', 'payments'), node('answer', 'good', ['pay'])), settings)
  const { view } = await world.ask('go')
  expect(runs).toBe(0)
  expect(view).toMatchObject({
    status: 'completed',
    nodes: { pay: { state: 'skipped', skip_reason: 'rejected', rejection: expect.stringContaining('made elsewhere') } },
    asks: {},
  })
})

test('an agent that a policy would ask about is not fallen back to', async () => {
  let runs = 0
  const broken = await startAgent('broken', (_turn, writer) => writer.fail({ code: 'agent_failed', message: 'no' }))
  const guarded = await startAgent('guarded', (_turn, writer) => {
    runs += 1
    writer.text('done')
  })
  const settings = await policies('policies:\n  - { id: guard, match: { agent: guarded } }\n')
  const plan = planOf({ ...node('answer', 'broken'), on_failure: 'fallback', fallback: 'guarded' })
  const world = await startOrchestrator([broken, guarded], plan, settings)
  const { view } = await world.ask('go')
  expect(view.status).toBe('failed')
  expect(runs).toBe(0)
})

test('no more approvals are open at once than the file allows; the others follow as they are decided', async () => {
  const agent = await startAgent('worker', says('done'))
  const settings = await policies('defaults: { max_open_per_session: 2 }\n')
  const gated = ['a', 'b', 'c', 'd'].map((id) => ({ ...node(id, 'worker'), approval: { why: 'It is a lot.', risk: 'low' as const } }))
  const world = await startOrchestrator([agent], planOf(...gated, node('answer', 'worker', ['a', 'b', 'c', 'd'])), settings)
  const asked = world.ask('go')
  const decided = new Set<string>()
  while (decided.size < 4) {
    const open = await eventually('an approval is open that was not decided', async () => {
      const all = await world.asked()
      expect(all.length).toBeLessThanOrEqual(2)
      return all.filter(({ id }) => !decided.has(id)).length > 0 && all
    })
    for (const approval of open) {
      if (decided.has(approval.id)) continue
      decided.add(approval.id)
      expect((await world.decide(approval, { decision: 'approve' })).status).toBe(200)
    }
  }
  const { view, events } = await asked
  expect(view.status).toBe('completed')
  expect(events.map(({ type }) => type)).toContain('approval.held')
})

test('a node that is nothing but a person’s word says who gave it', async () => {
  const agent = await startAgent('worker', (turn, writer) => writer.text(JSON.stringify(turn.message.parts)))
  const gate: PlanNode = {
    id: 'gate',
    kind: 'approval',
    instruction: 'Go ahead?',
    needs: [],
    on_failure: 'fail',
    approval: { why: 'The budget.', action: 'Spend it', risk: 'low' },
  }
  const world = await startOrchestrator([agent], planOf(gate, node('answer', 'worker', ['gate'])))
  const asked = world.ask('go')
  const [approval] = await world.asked()
  await world.decide(approval!, { decision: 'approve' })
  expect(answerOf((await asked).events)).toContain('Approved by Bob: Spend it')
})

test('maps and votes are approved as a whole, and their branches are not asked about', async () => {
  const agent = await startAgent('worker', (_turn, writer) => writer.text('one\ntwo'))
  const why = { why: 'It is many.', risk: 'low' as const }
  const world = await startOrchestrator(
    [agent],
    planOf(
      node('list', 'worker'),
      {
        id: 'each',
        kind: 'map',
        agent: 'worker',
        over: 'list',
        instruction: 'do it',
        needs: ['list'],
        on_failure: 'fail',
        on_item_failure: 'fail',
        approval: why,
      },
      {
        id: 'ballot',
        kind: 'vote',
        voters: [{ agent: 'worker' }, { agent: 'worker' }],
        decide: 'majority',
        instruction: 'which?',
        needs: [],
        on_failure: 'fail',
        approval: why,
      },
      node('answer', 'worker', ['each', 'ballot']),
    ),
  )
  const asked = world.ask('go')
  const approvals = await world.asked(2)
  for (const approval of approvals) await world.decide(approval, { decision: 'approve' })
  const { view } = await asked
  expect(view.status).toBe('completed')
  expect(Object.keys(view.asks)).toHaveLength(2)
})

test('a file with faults keeps the orchestrator from starting, and names every one', async () => {
  const settings = await policies('defaults: { deadline: soon }\npolicies:\n  - { id: x, match: { agents: y } }\n')
  await expect(startOrchestrator([], planOf(node('answer', 'x')), settings)).rejects.toThrow(
    /approvals\.yaml:2 defaults\.deadline[^]*approvals\.yaml:4 policies\[0\]\.match/,
  )
})

test('what is denied to one voter is denied to the vote, whatever is allowed to the others', async () => {
  let runs = 0
  const good = await startAgent('good', says('x'))
  const forbidden = await startAgent('forbidden', (_turn, writer) => {
    runs += 1
    writer.text('x')
  })
  const settings = await policies(`
policies:
  - { id: fine, match: { agent: good }, effect: allow }
  - { id: never, match: { agent: forbidden }, effect: deny }
`)
  const ballot: PlanNode = {
    id: 'ballot',
    kind: 'vote',
    voters: [{ agent: 'good' }, { agent: 'forbidden' }],
    decide: 'majority',
    instruction: 'which?',
    needs: [],
    on_failure: 'fail',
  }
  const world = await startOrchestrator([good, forbidden], planOf(ballot, node('answer', 'good', ['ballot'])), settings)
  expect((await world.ask('go')).view.nodes['ballot']).toMatchObject({ state: 'skipped', skip_reason: 'rejected' })
  expect(runs).toBe(0)
})
