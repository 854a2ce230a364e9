import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { TaskWriter, Turn } from '@signalbox/a2a'
import { approvalDecisionPartSchema, EXTENSIONS, hashOf, type ApprovalDetail } from '@signalbox/contracts'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { answerOf, node, planOf, startAgent, startOrchestrator, type World } from './fixtures/world.ts'

const says = (text: string) => (_turn: Turn, writer: TaskWriter) => writer.text(text)
const asking = (args: object) => ({ [EXTENSIONS.approval]: { asks: [{ ref: 'one', action: { type: 'deploy', title: 'Deploy', args } }] } as never })
const asks = (turn: Turn, writer: TaskWriter): void => {
  if (JSON.stringify(turn.message.parts).includes('approval-decision')) return writer.text('done')
  writer.authRequired('May I?', asking({ env: 'prod' }))
}

/** Of three nodes that follow each other: how they stand. */
const CHAIN = ['first', 'second', 'third']
const chain = [node('first', 'good'), node('second', 'good', ['first']), node('third', 'good', ['second'])]

test('nodes whose agents wait for people take no place: with as many of them as places, all others run', async () => {
  const [waiting, good] = await Promise.all([startAgent('deployer', asks), startAgent('good', says('done'))])
  const plan = planOf(node('one', 'deployer'), node('two', 'deployer'), ...chain, node('answer', 'good', ['one', 'two', 'third']))
  const world = await startOrchestrator([waiting, good], plan, { NODES_PER_SESSION: 2, NODES_PER_AGENT: 2 })
  const asked = world.ask('go')
  const approvals = await world.asked(2)
  await eventually('the others are done', async () => {
    const { nodes } = await world.view(await asked.id)
    return CHAIN.every((id) => nodes[id]?.state === 'completed')
  })
  expect((await world.view(await asked.id)).nodes).toMatchObject({ one: { state: 'waiting' }, two: { state: 'waiting' } })
  for (const approval of approvals) expect((await world.decide(approval, { decision: 'approve' })).status).toBe(200)
  expect((await asked).view.status).toBe('completed')
})

test('nodes that are not even asked about yet take no place either', async () => {
  const good = await startAgent('good', says('done'))
  const gated = ['a', 'b', 'c', 'd'].map((id) => ({ ...node(id, 'good'), approval: { why: 'It is a lot.', risk: 'low' as const } }))
  await using folder = await temporaryFolder()
  const file = join(folder.path, 'approvals.yaml')
  await writeFile(file, 'version: 1\ndefaults: { max_open_per_session: 1 }\n')
  const plan = planOf(...gated, ...chain, node('answer', 'good', ['a', 'b', 'c', 'd', 'third']))
  const world = await startOrchestrator([good], plan, { NODES_PER_SESSION: 2, APPROVALS_FILE: file })
  const asked = world.ask('go')
  await eventually('the others are done', async () => {
    const { nodes } = await world.view(await asked.id)
    return CHAIN.every((id) => nodes[id]?.state === 'completed')
  })
  const { nodes } = await world.view(await asked.id)
  expect(gated.map(({ id }) => nodes[id]?.state)).toEqual(['waiting', 'pending', 'pending', 'pending'])
  for (const decided = new Set<string>(); decided.size < 4;) {
    const [next] = await eventually('the next one is asked about', async () => {
      const open = await world.asked()
      return open.filter(({ id }) => !decided.has(id)).length > 0 && open
    })
    decided.add(next!.id)
    expect((await world.decide(next!, { decision: 'approve' })).status).toBe(200)
  }
  expect((await asked).view.status).toBe('completed')
})

test('an agent that asks for something else while it waits has that asked, and the first is withdrawn', async () => {
  const moved = Promise.withResolvers<void>()
  const agent = await startAgent('deployer', (turn, writer) => {
    const decision = decisionIn(turn)
    if (decision) return writer.text(`${decision.decision} ${decision.args_sha256}`)
    writer.authRequired('May I deploy to staging?', asking({ env: 'staging' }))
    return moved.promise.then(() => writer.authRequired('Rather to production.', asking({ env: 'prod', pin: '4711' })))
  })
  const world = await startOrchestrator([agent], planOf(node('answer', 'deployer')), { SWEEP_EVERY_MS: 100 })
  const asked = world.ask('go')
  const [first] = await world.asked()
  await isParked(world, await asked.id)
  moved.resolve()
  const second = await eventually('something else is asked', async () => (await world.asked()).find(({ id }) => id !== first!.id), 15_000)
  expect(second).toMatchObject({ state: 'pending', statement: 'Rather to production.', action: { args: { env: 'prod' } } })
  expect(await stateOf(world, first!.id)).toBe('superseded')
  // Nothing that was decided for the one is good for the other.
  expect((await world.decide(first!, { decision: 'approve' })).status).toBe(409)
  const parked = await isParked(world, await asked.id)
  expect(parked).toMatchObject({ status: 'waiting_approval', asks: { [first!.id]: { state: 'superseded' }, [second.id]: { state: 'open' } } })
  expect((await world.decide(second, { decision: 'approve', args_sha256: second.args_sha256 })).status).toBe(200)
  const { events } = await asked
  expect(answerOf(events)).toBe(`approve ${hashOf({ env: 'prod', pin: '4711' })}`)
  expect(events.filter(({ type }) => type === 'session.waiting' || type === 'approval.superseded')).toMatchObject([
    { approvals: [first!.id] },
    { approval: first!.id, why: 'the agent does not ask for it any more' },
    { approvals: [second.id] },
  ])
}, 30_000)

test('also where it asks a question instead, and while other nodes are at work', async () => {
  const moved = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  const agent = await startAgent('deployer', (turn, writer) => {
    if (turn.message.parts.some((part) => part.kind === 'text' && part.text === 'eu')) return writer.text('deployed to eu')
    writer.authRequired('May I?', asking({ env: 'staging' }))
    return moved.promise.then(() => writer.inputRequired('Which region?'))
  })
  const busy = await startAgent('busy', (_turn, writer) => over.promise.then(() => writer.text('done')))
  const plan = planOf(node('look', 'busy'), node('deploy', 'deployer'), node('answer', 'busy', ['look', 'deploy']))
  const world = await startOrchestrator([agent, busy], plan, { NODE_DEADLINE_S: 25 })
  const asked = world.ask('go')
  const [first] = await world.asked()
  moved.resolve()
  const id = await asked.id
  const question = await eventually('the question is asked', async () => Object.values((await world.view(id)).questions)[0], 15_000)
  expect(question).toMatchObject({ text: 'Which region?', answer: null })
  await eventually('nobody is asked for the approval any more', async () => (await stateOf(world, first!.id)) === 'superseded')
  expect((await world.manage('POST', `/v1/sessions/${id}/input`, { text: 'eu', key: 'm1' })).status).toBe(200)
  const { nodes } = await eventually('it has gone on', async () => {
    const now = await world.view(id)
    return now.nodes['deploy']?.state === 'completed' && now
  })
  expect(nodes).toMatchObject({ look: { state: 'running' }, deploy: { output: { text: 'deployed to eu' } } })
  over.resolve()
  await asked
}, 30_000)

test('a decision that comes after its agent has asked for something else is not told as one on that', async () => {
  const heard: string[] = []
  const moved = Promise.withResolvers<void>()
  const hasMoved = Promise.withResolvers<void>()
  const agent = await startAgent('naive', (turn, writer) => {
    const said = turn.message.parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []))
    if (said.includes('Approved')) {
      heard.push(decisionIn(turn)?.args_sha256 ?? 'nothing')
      return writer.text('did what I asked for last')
    }
    writer.authRequired('A small thing.', asking({ cost: 1 }))
    return moved.promise.then(() => {
      writer.authRequired('A large thing.', asking({ cost: 1_000_000 }))
      hasMoved.resolve()
    })
  })
  const world = await startOrchestrator([agent], planOf(node('answer', 'naive')))
  const asked = world.ask('go')
  const [small] = await world.asked()
  await isParked(world, await asked.id)
  moved.resolve()
  await hasMoved.promise
  expect((await world.decide(small!, { decision: 'approve' })).status).toBe(200)
  const large = await eventually('the other thing is asked', async () => (await world.asked()).find(({ id }) => id !== small!.id))
  expect(large).toMatchObject({ action: { args: { cost: 1_000_000 } } })
  expect(heard).toEqual([])
  expect((await world.decide(large, { decision: 'approve' })).status).toBe(200)
  await asked
  expect(heard).toEqual([hashOf({ cost: 1_000_000 })])
}, 30_000)

const decisionIn = ({ message }: Turn) =>
  message.parts.flatMap((part) => (part.kind === 'data' ? (approvalDecisionPartSchema.safeParse(part.data).data ?? []) : []))[0]

const isParked = ({ view }: World, id: string) =>
  eventually('the session waits for people', async () => {
    const session = await view(id)
    return session.waiting_at !== null && session
  })

async function stateOf(world: World, approval: string): Promise<string> {
  const { body } = await world.manage('GET', `/v1/approvals/${approval}`, undefined, 'alice', { actor: {} })
  return (body as unknown as ApprovalDetail).approval.state
}
