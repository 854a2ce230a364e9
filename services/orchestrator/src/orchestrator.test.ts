import { once } from 'node:events'

import { textOf, type Turn } from '@signalbox/a2a'
import type { ConversationPart, Plan } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import { answerOf, call, meetingOf, node, planOf, startAgent, startOrchestrator, viewOf, type AskOptions } from './fixtures/world.ts'

describe('a session', () => {
  test('runs what can run in parallel, hands results on, and streams the answer', async () => {
    const both = meetingOf(2)
    const seen: string[] = []
    const rag = await startAgent('rag', async (turn, writer) => {
      await both.arrive()
      writer.text(`found ${textOf(turn.message.parts)}`)
    })
    const writer = await startAgent('writer', async (turn, out) => {
      seen.push(JSON.stringify(turn.message.parts))
      for (const word of ['It ', 'is ', 'so.']) out.text(word)
    })
    const { ask } = await startOrchestrator([rag, writer], planOf(node('a', 'rag'), node('b', 'rag'), node('answer', 'writer', ['a', 'b'])))

    const { events, task } = await ask('Compare a and b')
    expect(task.status.state).toBe('completed')
    expect(textOf(task.artifacts[0]?.parts ?? [])).toBe('It is so.')
    expect(answerOf(events)).toBe('It is so.')
    expect(seen[0]).toContain('found do a')
    expect(seen[0]).toContain('found do b')
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['session.created', 'plan.started', 'plan.ready', 'node.started', 'node.completed', 'answer.delta', 'session.completed']),
    )
  })

  test('tries again what can pass, and says so', async () => {
    let calls = 0
    const flaky = await startAgent('flaky', async (_turn, writer) => {
      calls += 1
      if (calls < 3) throw new AppError('upstream_timeout', 'The model was slow.')
      writer.text('there')
    })
    const { ask } = await startOrchestrator([flaky], planOf(node('answer', 'flaky')))
    const { events, view } = await ask('go')
    expect(view.status).toBe('completed')
    expect(events.filter(({ type }) => type === 'node.retrying')).toHaveLength(2)
    expect(view.nodes['answer']).toMatchObject({ attempts: 3, epoch: 3 })
  })

  test('does not try again what cannot', async () => {
    let calls = 0
    const broken = await startAgent('broken', async () => {
      calls += 1
      throw new AppError('invalid_request', 'This cannot be done.')
    })
    const { ask } = await startOrchestrator([broken], planOf(node('answer', 'broken')))
    const { view } = await ask('go')
    expect(calls).toBe(1)
    expect(view).toMatchObject({ status: 'failed', error: { code: 'invalid_request', message: 'This cannot be done.', node: 'answer' } })
  })

  test('goes to the fallback agent, or on without, as the node says', async () => {
    const broken = await startAgent('broken', () => Promise.reject(new AppError('agent_failed', 'No.')))
    const good = await startAgent('good', async (turn, writer) =>
      writer.text(`from ${JSON.stringify(turn.message.parts).includes('saved') ? 'saved' : 'nothing'}`),
    )
    const saver = await startAgent('saver', async (_turn, writer) => writer.text('saved'))
    const plan = planOf(
      { ...node('a', 'broken'), on_failure: 'fallback', fallback: 'saver' },
      { ...node('b', 'broken'), on_failure: 'skip' },
      node('answer', 'good', ['a', 'b']),
    )
    const { ask } = await startOrchestrator([broken, good, saver], plan)
    const { events, view } = await ask('go')
    expect(view.status).toBe('completed')
    expect(view.answer?.text).toBe('from saved')
    expect(view.nodes['a']).toMatchObject({ state: 'completed', agent: 'saver' })
    expect(view.nodes['b']).toMatchObject({ state: 'skipped', skip_reason: 'failure' })
    expect(events.some(({ type }) => type === 'node.fallback')).toBe(true)
  })

  test('stops an agent that takes too long, and tells it', async () => {
    const told = Promise.withResolvers<void>()
    const slow = await startAgent('slow', async (turn) => {
      await once(turn.signal, 'abort')
      told.resolve()
    })
    const { ask } = await startOrchestrator([slow], planOf({ ...node('answer', 'slow'), deadline_s: 0.1, retries: 0 }))
    const { view } = await ask('go')
    expect(view).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded' } })
    await told.promise
  })

  test('never begins an answer a second time once a reader has seen some of it', async () => {
    let calls = 0
    const half = await startAgent('half', async (_turn, writer) => {
      calls += 1
      writer.artifact({ artifactId: 'answer', parts: [{ kind: 'text', text: 'half an ' }] })
      throw new AppError('upstream_timeout', 'The model fell silent.')
    })
    const { ask } = await startOrchestrator([half], planOf(node('answer', 'half')))
    const { events, view } = await ask('go')
    expect(calls).toBe(1)
    expect(answerOf(events)).toBe('half an ')
    expect(view).toMatchObject({ status: 'failed', error: { code: 'upstream_timeout' } })
  })

  test('takes the branch its condition names', async () => {
    const check = await startAgent('check', async (_turn, writer) => writer.artifact({ parts: [{ kind: 'data', data: { score: 7 } }] }))
    const writer = await startAgent('writer', async (turn, out) => out.text(textOf(turn.message.parts).includes('high') ? 'saw high' : 'saw none'))
    const high = await startAgent('high', async (_turn, out) => out.text('high'))
    const plan = planOf(
      node('check', 'check'),
      { ...node('low', 'high', ['check']), when: { '<': [{ var: 'check.data.0.score' }, 5] } },
      { ...node('high', 'high', ['check']), when: { '>=': [{ var: 'check.data.0.score' }, 5] } },
      node('answer', 'writer', ['low', 'high']),
    )
    const { ask } = await startOrchestrator([check, writer, high], plan)
    const { view } = await ask('go')
    expect(view.nodes).toMatchObject({ low: { state: 'skipped', skip_reason: 'condition' }, high: { state: 'completed' } })
    expect(view.answer?.text).toBe('saw high')
  })

  test('gives a planner its faults back, twice, and then uses a safe plan of its own', async () => {
    const asked: unknown[] = []
    const writer = await startAgent('writer', async (_turn, out) => out.text('safe'))
    const bad: Plan = { goal: 'g', nodes: [node('answer', 'nobody')], answer: 'answer' }
    const { ask } = await startOrchestrator([writer], (request) => {
      asked.push(request)
      return bad
    })
    const { events, view } = await ask('go')
    expect(view).toMatchObject({ status: 'completed', plan_source: 'fallback', answer: { text: 'safe' } })
    expect(asked).toHaveLength(3)
    expect(asked[1]).toMatchObject({ faults: [expect.stringContaining("asks for agent 'nobody'")] })
    expect(events.filter(({ type }) => type === 'plan.rejected')).toHaveLength(3)
  })

  test('without any agent it fails and says what to look at', async () => {
    const { ask } = await startOrchestrator([], planOf(node('answer', 'x')))
    expect((await ask('go')).view).toMatchObject({ status: 'failed', error: { code: 'agent_unavailable' } })
  })

  test('is canceled by its owner, agents and all, and by nobody else', async () => {
    const working = Promise.withResolvers<void>()
    const stopped = Promise.withResolvers<void>()
    const slow = await startAgent('slow', async (turn) => {
      working.resolve()
      await once(turn.signal, 'abort')
      stopped.resolve()
    })
    const { connection, ask } = await startOrchestrator([slow], planOf(node('answer', 'slow')))
    const asking = ask('go')
    const id = await asking.id
    await working.promise
    const other = connection.cancelTask(id, { signal: AbortSignal.timeout(5_000), owner: 'mallory' })
    await expect(other).rejects.toMatchObject({ code: 'not_found' })
    expect((await connection.cancelTask(id, call())).status.state).toBe('canceled')
    await stopped.promise
    expect((await asking).view.status).toBe('canceled')
    expect((await connection.cancelTask(id, call())).status.state).toBe('canceled')
  })

  test('what a client sends again attaches to the session that its first try began, whichever gateway brings it, and under whatever key', async () => {
    const { ask } = await startOrchestrator([await answering()], planOf(node('answer', 'writer')))
    const first = await ask('go', requestOf('a', { again: false, idempotencyKey: 'auto-1' }))
    const again = await ask('go', requestOf('a', { again: true, idempotencyKey: 'auto-2' }))
    expect(again.view.id).toBe(first.view.id)
    expect(JSON.stringify(again.view)).not.toContain('a'.repeat(64))
    const meant = await ask('go', requestOf('a', { again: false, idempotencyKey: 'auto-3' }))
    const other = await ask('go', requestOf('b', { again: true, idempotencyKey: 'auto-4' }))
    expect(new Set([first, meant, other].map(({ view }) => view.id)).size).toBe(3)
  })

  test('one idempotency key for two requests is refused also where they say the same', async () => {
    const { ask } = await startOrchestrator([await answering()], planOf(node('answer', 'writer')))
    await ask('go', requestOf('a', { again: false, idempotencyKey: 'k' }))
    await expect(ask('go', requestOf('b', { again: false, idempotencyKey: 'k' }))).rejects.toMatchObject({ code: 'idempotency_mismatch' })
  })

  test('asked for twice under one idempotency key is one session', async () => {
    let calls = 0
    const writer = await startAgent('writer', async (_turn, out) => {
      calls += 1
      out.text('once')
    })
    const { ask } = await startOrchestrator([writer], planOf(node('answer', 'writer')))
    const [first, second] = await Promise.all([ask('go', { idempotencyKey: 'k' }), ask('go', { idempotencyKey: 'k' })])
    expect(first.task.id).toBe(second.task.id)
    expect(calls).toBe(1)
    await expect(ask('something else', { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'idempotency_mismatch' })
  })
})

test('a session whose orchestrator dies is finished by the next one: what had finished is not run again, what ran keeps its key', async () => {
  await using folder = await temporaryFolder()
  const keys: Record<string, string[]> = {}
  const reached = Promise.withResolvers<void>()
  let release = Promise.withResolvers<void>()
  const note = (turn: Turn): void => {
    const id = turn.message.messageId.split('/')[1] as string
    ;(keys[id] ??= []).push(turn.message.messageId)
  }
  const quick = await startAgent('quick', async (turn, writer) => {
    note(turn)
    writer.text('quick')
  })
  const slow = await startAgent('slow', async (turn, writer) => {
    note(turn)
    reached.resolve()
    await release.promise
    writer.text('slow')
  })
  const plan = planOf(node('first', 'quick'), node('second', 'slow', ['first']), node('answer', 'quick', ['second']))
  const first = await startOrchestrator([quick, slow], plan, { DATA_DIR: folder.path })
  const asking = first.ask('go')
  // Its stream ends with the orchestrator that it was asked of.
  asking.catch(() => undefined)
  const id = await asking.id
  await reached.promise
  await eventually('the task id is saved', async () => {
    const view = viewOf(await first.connection.getTask(id, call()))
    return view.nodes['first']?.state === 'completed' && view.nodes['second']?.task_id !== undefined
  })
  await first.listening.stop(0)

  const second = await startOrchestrator([quick, slow], plan, { DATA_DIR: folder.path })
  release.resolve()
  const view = await eventually('the session ends', async () => {
    const now = viewOf(await second.connection.getTask(id, call()))
    return now.status === 'active' ? undefined : now
  })
  expect(view.status).toBe('completed')
  expect(keys['first']).toHaveLength(1)
  expect(keys['second']).toHaveLength(1)
  expect(keys['answer']).toHaveLength(1)
})

function answering(): ReturnType<typeof startAgent> {
  return startAgent('writer', async (_turn, out) => out.text('so'))
}

/** What a gateway says of the request that it brings. */
function requestOf(digit: string, { again, idempotencyKey }: { again: boolean; idempotencyKey: string }): AskOptions {
  const data = { kind: 'conversation', conversation: [{ role: 'user', text: 'go' }], request: { sha256: digit.repeat(64), again } } satisfies ConversationPart
  return { idempotencyKey, parts: [{ kind: 'data', data }] }
}
