import { once } from 'node:events'
import { join } from 'node:path'

import { textOf, type TaskWriter, type Turn } from '@signalbox/a2a'
import { EXTENSIONS, type MapNode, type SessionView, type VoteNode } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { openSqliteSessionStore } from '@signalbox/sessions'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import { call, node, planOf, startAgent, startOrchestrator, type World } from './fixtures/world.ts'

/* What is done again (tries, drives, redriven sessions), and what must not be. */

const map = (extra: Partial<MapNode> = {}): MapNode => ({
  id: 'm',
  kind: 'map',
  agent: 'worker',
  instruction: 'Work on it.',
  needs: ['list'],
  over: 'list',
  on_failure: 'fail',
  on_item_failure: 'fail',
  ...extra,
})
const says = (text: string) => (_turn: Turn, writer: TaskWriter) => writer.text(text)
const itemOf = (turn: Turn): string => /Item: (\w+)/.exec(textOf(turn.message.parts))?.[1] ?? '?'
const slow = (): never => {
  throw new AppError('upstream_timeout', 'The model is slow.')
}

describe('work that is called off while it waits for its next try', () => {
  test('frees its place at once: the next session is driven', async () => {
    const retrying = Promise.withResolvers<void>()
    const shaky = await startAgent('shaky', () => {
      retrying.resolve()
      slow()
    })
    const good = await startAgent('good', says('ok'))
    const { ask, connection } = await startOrchestrator([shaky, good], ({ goal }) => planOf(node('answer', goal === 'one' ? 'shaky' : 'good')), {
      NODE_RETRY_BASE_MS: 2_000,
      SESSIONS_AT_ONCE: 1,
    })
    const one = ask('one')
    const id = await one.id
    await retrying.promise
    await connection.cancelTask(id, call())
    expect((await one).view.status).toBe('canceled')
    expect((await ask('two')).view.status).toBe('completed')
  })

  test('does not keep a vote that is won', async () => {
    const retrying = Promise.withResolvers<void>()
    const shaky = await startAgent('shaky', () => {
      retrying.resolve()
      slow()
    })
    const yes = await startAgent('yes', async (_turn, writer) => {
      await retrying.promise
      writer.text('yes')
    })
    const voters = [{ agent: 'yes' }, { agent: 'yes' }, { agent: 'shaky' }]
    const vote: VoteNode = { id: 'answer', kind: 'vote', instruction: 'Which?', needs: [], on_failure: 'fail', decide: 'majority', voters }
    const { ask } = await startOrchestrator([yes, shaky], planOf(vote), { NODE_RETRY_BASE_MS: 60_000 })
    expect((await ask('go')).view.answer?.text).toBe('yes')
  })
})

describe('a redriven session', () => {
  test('asks a judge again under a new key', async () => {
    const keys: string[] = []
    const judge = await startAgent('judge', (turn, writer) => {
      keys.push(turn.message.messageId)
      if (keys.length === 1) slow()
      writer.text('yes')
    })
    const [yes, no] = [await startAgent('yes', says('yes')), await startAgent('no', says('no'))]
    const voters = [{ agent: 'yes' }, { agent: 'no' }]
    const vote: VoteNode = {
      id: 'answer',
      kind: 'vote',
      instruction: 'Which?',
      needs: [],
      on_failure: 'fail',
      decide: 'judge',
      judge: { agent: 'judge' },
      voters,
      retries: 0,
    }
    const world = await startOrchestrator([yes, no, judge], planOf(vote))
    const { view } = await world.ask('go')
    expect((await redriven(world, view)).status).toBe('completed')
    expect(new Set(keys).size).toBe(2)
  })

  test('does not ask again for the items that it has', async () => {
    const asked: string[] = []
    let isBroken = true
    const list = await startAgent('list', says('a\nb\nc\nd'))
    const worker = await startAgent('worker', async (turn, writer) => {
      asked.push(itemOf(turn))
      if (itemOf(turn) === 'c' && isBroken) {
        await eventually('the others are there', () => asked.length >= 4)
        slow()
      }
      writer.text(itemOf(turn))
    })
    const world = await startOrchestrator([list, worker], planOf(node('list', 'list'), map({ retries: 3 }), node('answer', 'list', ['m'])), {
      NODE_RETRY_BASE_MS: 30,
    })
    const { view } = await world.ask('go')
    isBroken = false
    const before = asked.length
    expect((await redriven(world, view)).nodes['m']?.output?.text).toBe('a\n\nb\n\nc\n\nd')
    expect(asked.slice(before)).toEqual(['c'])
  })

  test('runs an item that was left out, where its letter is named', async () => {
    let isBroken = true
    const list = await startAgent('list', says('a\nb'))
    const worker = await startAgent('worker', (turn, writer) => (itemOf(turn) === 'b' && isBroken ? slow() : writer.text(`did ${itemOf(turn)}`)))
    const writer = await startAgent('writer', (turn, out) => out.text(textOf(turn.message.parts)))
    const plan = planOf(node('list', 'list'), map({ on_item_failure: 'skip', retries: 0 }), node('answer', 'writer', ['m']))
    const world = await startOrchestrator([list, worker, writer], plan)
    const { view } = await world.ask('go')
    expect(view).toMatchObject({ status: 'completed', dead_letters: [{ node: 'm.1' }] })
    isBroken = false
    expect((await redriven(world, view, { node: 'm.1' })).answer?.text).toContain('did a\n\ndid b')
  })

  test('maps over what its producer makes now, and not over what it made before', async () => {
    let life = 0
    const producer = await startAgent('producer', async (_turn, writer) => {
      life += 1
      for (const made of life === 1 ? ['old1', 'old2'] : ['new1'])
        writer.artifact({ artifactId: made, parts: [{ kind: 'text', text: made }] }, { lastChunk: true })
      if (life === 1) slow()
    })
    const worker = await startAgent('worker', (turn, writer) => writer.text(`[${itemOf(turn)}]`))
    const plan = planOf({ ...node('list', 'producer'), retries: 0 }, map({ stream: true }), node('answer', 'worker', ['m']))
    const world = await startOrchestrator([producer, worker], plan)
    const { view } = await world.ask('go')
    expect((await redriven(world, view, { node: 'list', instruction: 'otherwise' })).nodes['m']?.output?.text).toBe('[new1]')
  })

  test('is not canceled by a cancel that came too late for its life before', async () => {
    await using folder = await temporaryFolder()
    let isBroken = true
    const shaky = await startAgent('shaky', (_turn, writer) => (isBroken ? slow() : writer.text('ok')))
    // Here and not on Redis, because the message is pushed past the orchestrator.
    const world = await startOrchestrator([shaky], planOf({ ...node('answer', 'shaky'), retries: 0 }), { DATA_DIR: folder.path, REDIS_URL: undefined })
    const { view } = await world.ask('go')
    isBroken = false
    const store = openSqliteSessionStore({ path: join(folder.path, 'sessions.db') })
    await store.push(view.id, { type: 'cancel', reason: 'late' })
    await store.close()
    expect((await redriven(world, view)).status).toBe('completed')
  })

  test('writes its answer, though the plan let that be skipped', async () => {
    let isBroken = true
    const shaky = await startAgent('shaky', (_turn, writer) => {
      if (isBroken) throw new AppError('invalid_request', 'No.')
      writer.text('ok')
    })
    const world = await startOrchestrator([shaky], planOf({ ...node('answer', 'shaky'), on_failure: 'skip' }))
    const { view } = await world.ask('go')
    expect(view.status).toBe('failed')
    isBroken = false
    expect((await redriven(world, view)).answer?.text).toBe('ok')
  })

  test('asks agents that are there', async () => {
    const world = await startOrchestrator([await startAgent('shaky', slow)], planOf({ ...node('answer', 'shaky'), retries: 0 }))
    const { view } = await world.ask('go')
    const answer = await world.manage('POST', `/v1/dead-letters/${view.id}/redrive`, { node: 'answer', agent: 'plan' })
    expect(answer).toMatchObject({ status: 400, body: { error: { message: "There is no agent 'plan'." } } })
  })
})

test('a try that is sent again after a crash is the same message, whatever has changed since', async () => {
  await using folder = await temporaryFolder()
  const reached = Promise.withResolvers<void>()
  const messages: string[] = []
  let life = 1
  const worker = await startAgent(
    'worker',
    async (turn, writer) => {
      messages.push(JSON.stringify([turn.message.messageId, turn.message.parts]))
      reached.resolve()
      if (life === 1) await once(turn.signal, 'abort')
      writer.text('done')
    },
    { extensions: [EXTENSIONS.inputs] },
  )
  const plan = planOf(node('answer', 'worker'))
  const first = await startOrchestrator([worker], plan, { DATA_DIR: folder.path, REDIS_URL: undefined })
  const asking = first.ask('go')
  asking.catch(() => undefined)
  const id = await asking.id
  await reached.promise
  await eventually('its task is known', async () => (await first.view(id)).nodes['answer']?.task_id !== undefined)
  await first.listening.stop(0)
  // As if it had died before the task's id was saved, and the agent had forgotten the task.
  const store = openSqliteSessionStore({ path: join(folder.path, 'sessions.db') })
  const { document, rev } = (await store.load(id)) as NonNullable<Awaited<ReturnType<typeof store.load>>>
  const { task_id: _task, ...state } = document.nodes['answer'] as NonNullable<(typeof document.nodes)[string]>
  const sent = { budget: { deadline_s: 123.456 }, context: { colour: { value: 'red', node: 'x', at: document.created_at } } }
  const lease = await store.acquire(id, { holder: 'test', leaseMs: 60_000 })
  if (!lease) throw new Error('the session is held')
  await store.save(lease, { document: { ...document, nodes: { answer: { ...state, epoch: 7, sent } } }, rev, events: [] })
  await store.release(lease)
  await store.close()
  life = 2
  const second = await startOrchestrator([worker], plan, { DATA_DIR: folder.path, REDIS_URL: undefined })
  await eventually('it is done', async () => (await second.view(id)).status === 'completed')
  expect(messages[1]).toContain(`"${id}/answer/7"`)
  expect(messages[1]).toContain('"deadline_s":123.456')
  expect(messages[1]).toContain('"colour":"red"')
})

test('an agent that has not been seen since the start is waited for', async () => {
  await using folder = await temporaryFolder()
  const reached = Promise.withResolvers<void>()
  const worker = await startAgent('worker', async (turn) => {
    reached.resolve()
    await once(turn.signal, 'abort')
  })
  const plan = planOf(node('answer', 'worker'))
  const first = await startOrchestrator([worker], plan, { DATA_DIR: folder.path })
  const asking = first.ask('go')
  asking.catch(() => undefined)
  const id = await asking.id
  await reached.promise
  await first.listening.stop(0)
  const elsewhere = await startAgent('other', says('x'))
  const second = await startOrchestrator([elsewhere, 'http://127.0.0.1:9'], plan, { DATA_DIR: folder.path, AGENT_REFRESH_S: 0.2 })
  await eventually('it waits', async () =>
    JSON.stringify((await second.manage('GET', `/v1/sessions/${id}/events`)).body).includes("Agent 'worker' is not here yet."),
  )
  expect((await second.view(id)).status).toBe('active')
  await second.connection.cancelTask(id, call())
})

test('a node’s budget is that of all its branches together', async () => {
  const list = await startAgent('list', says(Array.from({ length: 10 }, (_, index) => `i${index}`).join('\n')))
  const worker = await startAgent('worker', (_turn, writer) => {
    writer.text('x')
    writer.complete({ metadata: { [EXTENSIONS.usage]: { prompt_tokens: 60, completion_tokens: 0, total_tokens: 60, cost_usd: 0 } } })
  })
  const plan = planOf(node('list', 'list'), map({ budget: { tokens: 100 } }), node('answer', 'list', ['m']))
  const { view } = await (await startOrchestrator([list, worker], plan, { NODES_PER_AGENT: 1 })).ask('go')
  expect(view).toMatchObject({ status: 'failed', error: { code: 'budget_exceeded', node: 'm' } })
  expect(view.usage.total_tokens).toBe(120)
})

test('a fallback agent is not asked for the skill of the first', async () => {
  const skills: unknown[] = []
  const first = await startAgent('first', slow, { skills: [{ id: 'retrieve', name: 'r', description: 'r', tags: [] }] })
  const spare = await startAgent('spare', (turn, writer) => {
    skills.push(turn.message.metadata?.['skill'])
    writer.text('ok')
  })
  const plan = planOf({ ...node('answer', 'first'), skill: 'retrieve', retries: 0, on_failure: 'fallback', fallback: 'spare' })
  expect((await (await startOrchestrator([first, spare], plan)).ask('go')).view.answer?.text).toBe('ok')
  expect(skills).toEqual([undefined])
})

/** Redrives a session and answers it as it is when it has ended again. */
async function redriven(world: World, { id, last_seq }: SessionView, body: object = {}): Promise<SessionView> {
  expect(await world.manage('POST', `/v1/dead-letters/${id}/redrive`, body)).toMatchObject({ status: 200 })
  for await (const _event of world.connection.subscribe(id, { ...call(), after: last_seq }));
  return world.view(id)
}
