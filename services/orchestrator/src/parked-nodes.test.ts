import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { TaskWriter, Turn } from '@signalbox/a2a'
import { EXTENSIONS } from '@signalbox/contracts'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { node, planOf, startAgent, startOrchestrator } from './fixtures/world.ts'

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
