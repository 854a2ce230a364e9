import { once } from 'node:events'

import { textOf, type TaskWriter, type Turn } from '@signalbox/a2a'
import { EXTENSIONS, type MapNode, type PlanNode, type VoteNode } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { eventually } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import { meetingOf, node, planOf, startAgent, startOrchestrator } from './fixtures/world.ts'

const map = (id: string, agent: string, over: string, extra: Partial<MapNode> = {}): MapNode => ({
  id,
  kind: 'map',
  agent,
  over,
  instruction: 'Work on it.',
  needs: [over],
  on_failure: 'fail',
  on_item_failure: 'fail',
  ...extra,
})
const vote = (id: string, voters: string[], extra: Partial<VoteNode> = {}): VoteNode => ({
  id,
  kind: 'vote',
  voters: voters.map((agent) => ({ agent })),
  decide: 'majority',
  instruction: 'Which?',
  needs: [],
  on_failure: 'fail',
  ...extra,
})
const subplan = (id: string, instruction: string, needs: string[] = []): PlanNode => ({ id, kind: 'plan', instruction, needs, on_failure: 'fail' })

/** Says what it was given. */
const echo = (turn: Turn, writer: TaskWriter): void => writer.text(textOf(turn.message.parts))
const says = (text: string) => (_turn: Turn, writer: TaskWriter) => writer.text(text)
const list =
  (...items: string[]) =>
  (_turn: Turn, writer: TaskWriter) =>
    writer.artifact({ parts: [{ kind: 'data', data: items }] })

describe('map', () => {
  test('works on every item of a list at the same time, and hands the results on in the list’s order', async () => {
    const all = meetingOf(3)
    const lister = await startAgent('lister', list('one', 'two', 'three'))
    const worker = await startAgent('worker', async (turn, writer) => {
      const item = /one|two|three/.exec(textOf(turn.message.parts))?.[0] ?? ''
      await all.arrive()
      writer.text(`did ${item}`)
    })
    const writer = await startAgent('writer', echo)
    const { ask } = await startOrchestrator(
      [lister, worker, writer],
      planOf(node('list', 'lister'), map('each', 'worker', 'list'), node('answer', 'writer', ['each'])),
    )
    const { view, events } = await ask('go')
    expect(view.answer?.text).toContain('did one\n\ndid two\n\ndid three')
    expect(view.nodes['each']).toMatchObject({
      state: 'completed',
      output: { data: [{ kind: 'map-result', items: [{ text: 'did one' }, { text: 'did two' }, { text: 'did three' }] }] },
    })
    expect(events).toContainEqual(expect.objectContaining({ type: 'node.expanded', node: 'each', branches: 3 }))
    expect(Object.keys(view.nodes)).toEqual(expect.arrayContaining(['each.0', 'each.1', 'each.2']))
  })

  test('a text is a list of its lines', async () => {
    const lister = await startAgent('lister', says('Here they are:\n- red\n- green\n\n2. blue'))
    const worker = await startAgent('worker', (turn, writer) =>
      writer.text(`<${/red|green|blue|Here they are/.exec(textOf(turn.message.parts).split('item (')[1] ?? '')?.[0]}>`),
    )
    const { ask } = await startOrchestrator([lister, worker], planOf(node('list', 'lister'), map('each', 'worker', 'list'), node('answer', 'lister', ['each'])))
    expect((await ask('go')).view.nodes['each']?.output?.text).toBe('<Here they are>\n\n<red>\n\n<green>\n\n<blue>')
  })

  test('an empty list is done at once', async () => {
    const lister = await startAgent('lister', list())
    const { ask } = await startOrchestrator([lister], planOf(node('list', 'lister'), map('each', 'lister', 'list'), node('answer', 'lister', ['each'])))
    const { view } = await ask('go')
    expect(view).toMatchObject({ status: 'completed', nodes: { each: { state: 'completed' } } })
  })

  test('an item that fails is tried again, and then fails the map or is left out, as the node says', async () => {
    const lister = await startAgent('lister', list('good', 'bad', 'fine'))
    const worker = await startAgent('worker', (turn, writer) => {
      if (textOf(turn.message.parts).includes('bad')) throw new AppError('agent_failed', 'Not this one.')
      writer.text('ok')
    })
    const plan = (on_item_failure: 'fail' | 'skip') =>
      planOf(node('list', 'lister'), map('each', 'worker', 'list', { on_item_failure }), node('answer', 'lister', ['each']))
    const strict = await startOrchestrator([lister, worker], plan('fail'))
    expect((await strict.ask('go')).view).toMatchObject({ status: 'failed', error: { message: 'Not this one.', node: 'each' } })
    const lenient = await startOrchestrator([lister, worker], plan('skip'))
    const { view } = await lenient.ask('go')
    expect(view.status).toBe('completed')
    expect(view.nodes['each']?.output?.data[0]).toMatchObject({ items: [{ state: 'completed' }, { state: 'skipped' }, { state: 'completed' }] })
  })

  test('a list of more items than a map takes fails it, and says so', async () => {
    const lister = await startAgent('lister', list(...Array.from({ length: 501 }, (_, index) => `${index}`)))
    const { ask } = await startOrchestrator([lister], planOf(node('list', 'lister'), map('each', 'lister', 'list'), node('answer', 'lister', ['each'])))
    expect((await ask('go')).view.error?.message).toBe('There are 501 items to map over, and 500 is the most.')
  })

  test('streaming, it works on the first items while the others are still being made', async () => {
    const first = Promise.withResolvers<void>()
    const lister = await startAgent('lister', async (_turn, writer) => {
      writer.artifact({ artifactId: 'a', parts: [{ kind: 'text', text: 'alpha' }] })
      writer.artifact({ artifactId: 'b', parts: [{ kind: 'text', text: 'beta' }] })
      // The last item is not made before the first one was worked on.
      await first.promise
      writer.artifact({ artifactId: 'c', parts: [{ kind: 'text', text: 'gamma' }] })
    })
    const worker = await startAgent('worker', (turn, writer) => {
      const item = /alpha|beta|gamma/.exec(textOf(turn.message.parts))?.[0]
      if (item === 'alpha') first.resolve()
      writer.text(`did ${item}`)
    })
    const { ask } = await startOrchestrator(
      [lister, worker],
      planOf(node('list', 'lister'), map('each', 'worker', 'list', { stream: true }), node('answer', 'lister', ['each'])),
    )
    expect((await ask('go')).view.nodes['each']?.output?.text).toBe('did alpha\n\ndid beta\n\ndid gamma')
  })
})

describe('vote', () => {
  test('what more than half say is the result, and nobody else is waited for', async () => {
    const left = Promise.withResolvers<void>()
    const yes = await startAgent('yes', says('Yes.'))
    const slow = await startAgent('slow', async (turn) => {
      await once(turn.signal, 'abort')
      left.resolve()
    })
    const { ask } = await startOrchestrator([yes, slow], planOf(vote('answer', ['yes', 'yes', 'slow'], { options: ['yes', 'no'] })))
    const { view, events } = await ask('go')
    expect(view.answer?.text).toBe('yes')
    expect(events).toContainEqual(expect.objectContaining({ type: 'node.decided', by: 'majority', choice: 'yes', votes: 2, of: 2 }))
    expect(view.nodes['answer.2']).toMatchObject({ state: 'skipped', skip_reason: 'not_needed' })
    await left.promise
  })

  test('a voter who fails abstains; too few votes are none', async () => {
    const yes = await startAgent('yes', says('yes'))
    const broken = await startAgent('broken', () => Promise.reject(new AppError('agent_failed', 'No.')))
    const two = await startOrchestrator([yes, broken], planOf(vote('answer', ['yes', 'broken', 'yes'])))
    expect((await two.ask('go')).view.answer?.text).toBe('yes')
    const one = await startOrchestrator([yes, broken], planOf(vote('answer', ['yes', 'broken', 'broken'])))
    expect((await one.ask('go')).view.error?.message).toBe('Only 1 of 3 voters answered.')
  })

  test('without a majority the judge decides, who is shown the votes', async () => {
    const a = await startAgent('a', says('red'))
    const b = await startAgent('b', says('blue'))
    const judge = await startAgent('judge', (turn, writer) =>
      writer.text(textOf(turn.message.parts).includes('red') && textOf(turn.message.parts).includes('blue') ? 'It is blue.' : 'nothing'),
    )
    const tied = vote('answer', ['a', 'b'], { options: ['red', 'blue'], judge: { agent: 'judge' } })
    const { ask } = await startOrchestrator([a, b, judge], planOf(tied))
    const { view, events } = await ask('go')
    expect(view.answer?.text).toBe('blue')
    expect(events).toContainEqual(expect.objectContaining({ type: 'node.decided', by: 'judge', choice: 'blue' }))
    const alone = await startOrchestrator([a, b], planOf(vote('answer', ['a', 'b'])))
    expect((await alone.ask('go')).view.error?.message).toBe('The vote has no majority: 1 × red, 1 × blue.')
  })
})

describe('plan', () => {
  test('a node that is a plan of its own is a session of its own, whose answer is its result', async () => {
    const writer = await startAgent('writer', echo)
    const { ask, view: viewSession } = await startOrchestrator([writer], ({ goal, levels }) =>
      goal === 'go'
        ? planOf(subplan('part', 'the inner goal'), node('answer', 'writer', ['part']))
        : { ...planOf(node('inner', 'writer')), goal: `levels ${levels}` },
    )
    const { view, events } = await ask('go')
    expect(view.answer?.text).toContain('do inner')
    const child = await viewSession(view.nodes['part']?.session as string)
    expect(child).toMatchObject({ status: 'completed', lineage: [view.id], goal: 'the inner goal', plan: { goal: 'levels 1' } })
    expect(events).toContainEqual(expect.objectContaining({ type: 'node.session', node: 'part', session: child.id }))
  })

  test('plans nest three deep and no deeper: a fourth is a fault that the planner is told of', async () => {
    const faults: string[] = []
    const writer = await startAgent('writer', says('done'))
    const { ask } = await startOrchestrator([writer], (request) => {
      faults.push(...(request.faults ?? []))
      return planOf(subplan('deeper', 'deeper'), node('answer', 'writer', ['deeper']))
    })
    const { view } = await ask('go')
    expect(view.status).toBe('completed')
    expect(faults[0]).toContain('no deeper one may be nested here (3 levels at most)')
  })

  test('a cancel flows down to the agents of the sub-plan', async () => {
    const working = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const slow = await startAgent('slow', async (turn) => {
      working.resolve()
      await once(turn.signal, 'abort')
      stopped.resolve()
    })
    const { ask, connection } = await startOrchestrator([slow], ({ goal }) =>
      goal === 'go' ? planOf(subplan('answer', 'inner')) : planOf(node('inner', 'slow')),
    )
    const asking = ask('go')
    const id = await asking.id
    await working.promise
    await connection.cancelTask(id, { signal: AbortSignal.timeout(5_000), owner: 'alice' })
    await stopped.promise
    expect((await asking).view.status).toBe('canceled')
  })

  test('what a sub-plan spends is its parent’s, and it may spend what is left of the parent’s budget', async () => {
    const usage = { prompt_tokens: 60, completion_tokens: 0, total_tokens: 60, cost_usd: 0 }
    const writer = await startAgent('writer', (_turn, out) => {
      out.text('done')
      out.complete({ metadata: { [EXTENSIONS.usage]: usage } })
    })
    const { ask, view: viewSession } = await startOrchestrator([writer], ({ goal }) =>
      goal === 'go' ? planOf(node('first', 'writer'), subplan('answer', 'inner', ['first'])) : planOf(node('inner', 'writer')),
    )
    const { view } = await ask('go', {
      parts: [{ kind: 'data', data: { kind: 'conversation', conversation: [{ role: 'user', text: 'go' }], budget: { tokens: 1_000 } } }],
    })
    expect(view.usage.total_tokens).toBe(120)
    expect((await viewSession(view.nodes['answer']?.session as string)).budget.tokens).toBe(940)
  })
})

test('agents that ask each other in a circle are found out, and told how', async () => {
  const { connection, ask } = await startOrchestrator([await startAgent('writer', says('done'))], planOf(node('answer', 'writer')))
  const { view } = await ask('go')
  const circle = ask('again', { metadata: { [EXTENSIONS.lineage]: ['somebody', view.id] } })
  await expect(circle).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining(`(${view.id} → here)`) })
  await expect(ask('deep', { metadata: { [EXTENSIONS.lineage]: ['a', 'b', 'c'] } })).rejects.toThrow(/nested 3 deep at most/)
  await connection.close()
})

test('an orchestrator that is listed among its own agents leaves itself out', async () => {
  const { manage } = await startOrchestrator([await startAgent('writer', says('done'))], planOf(node('answer', 'writer')), { PUBLIC_URL: 'http://127.0.0.1:1' })
  expect((await manage('GET', '/v1/agents')).body['data']).toHaveLength(1)
  const other = await startAgent('me', says('me'))
  const { manage: ask } = await startOrchestrator([other], planOf(node('answer', 'me')), { PUBLIC_URL: other })
  await eventually('it is refused', async () => JSON.stringify((await ask('GET', '/v1/agents')).body).includes('cannot be its own agent'))
})
