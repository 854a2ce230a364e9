import { once } from 'node:events'

import { textOf, type TaskWriter, type Turn } from '@signalbox/a2a'
import { EXTENSIONS } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { eventually } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import { answerOf, call, node, planOf, startAgent, startOrchestrator, type AskOptions } from './fixtures/world.ts'

const usage = (tokens: number, cost: number | null = 0) => ({ prompt_tokens: tokens, completion_tokens: 0, total_tokens: tokens, cost_usd: cost })
const spending = (tokens: number, cost: number | null, text: string) => (_turn: Turn, writer: TaskWriter) => {
  writer.text(text)
  writer.complete({ metadata: { [EXTENSIONS.usage]: usage(tokens, cost) } })
}
const within = (budget: Record<string, number>): AskOptions => ({
  parts: [{ kind: 'data', data: { kind: 'conversation', conversation: [{ role: 'user', text: 'go' }], budget } }],
})
const never = async (turn: Turn): Promise<void> => void (await once(turn.signal, 'abort'))

describe('budgets', () => {
  test('a spent budget ends the session with what was found, and nothing more is asked of anybody', async () => {
    let answers = 0
    const finder = await startAgent('finder', spending(150, 0.01, 'Facts about A.'))
    const writer = await startAgent('writer', () => void (answers += 1))
    const { ask } = await startOrchestrator([finder, writer], planOf(node('find', 'finder'), node('answer', 'writer', ['find'])))
    const { view, events } = await ask('go', within({ tokens: 100 }))
    expect(view).toMatchObject({ status: 'completed', stopped: { limit: 'tokens', message: "The session's budget of 100 tokens is spent (150)." } })
    expect(view.answer?.text).toContain('Facts about A.')
    expect(answerOf(events)).toBe(view.answer?.text)
    expect(events.at(-1)).toMatchObject({ type: 'session.completed', stopped: { limit: 'tokens' } })
    expect(answers).toBe(0)
  })

  test('work under way is stopped as soon as what it tells of its spending passes the limit', async () => {
    const stopped = Promise.withResolvers<void>()
    const greedy = await startAgent('greedy', async (turn, writer) => {
      writer.text('The first half')
      writer.working('thinking', { [EXTENSIONS.usage]: usage(500) })
      await never(turn)
      stopped.resolve()
    })
    const { ask } = await startOrchestrator([greedy], planOf(node('answer', 'greedy')))
    const { view } = await ask('go', within({ tokens: 400 }))
    expect(view).toMatchObject({ status: 'completed', stopped: { limit: 'tokens' }, answer: { text: 'The first half' }, usage: { total_tokens: 500 } })
    await stopped.promise
  })

  test('a budget in dollars counts prices, and cannot be kept where one is not known', async () => {
    const dear = await startAgent('dear', spending(10, 0.2, 'found'))
    const unpriced = await startAgent('unpriced', spending(10, null, 'found'))
    for (const [name, url, words] of [
      ['dear', dear, /0\.1 US dollars is spent \(0\.2000\)/],
      ['unpriced', unpriced, /price is not known/],
    ] as const) {
      const { ask } = await startOrchestrator([url], planOf(node('find', name), node('answer', name, ['find'])))
      const { view } = await ask('go', within({ usd: 0.1 }))
      expect(view.stopped).toMatchObject({ limit: 'usd', message: expect.stringMatching(words) })
    }
  })

  test('with nothing to show, a session whose time is up has failed, and is kept', async () => {
    const slow = await startAgent('slow', never)
    const { ask } = await startOrchestrator([slow], planOf(node('answer', 'slow')))
    const { view } = await ask('go', within({ deadline_s: 0.2 }))
    expect(view).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded', message: 'The session did not finish within 0.2 s.' } })
    expect(view.dead_letters).toHaveLength(1)
  })

  test('the operator’s limit holds where the caller asks for more', async () => {
    const finder = await startAgent('finder', spending(150, 0, 'found'))
    const { ask } = await startOrchestrator([finder], planOf(node('find', 'finder'), node('answer', 'finder', ['find'])), { SESSION_BUDGET_TOKENS: 100 })
    expect((await ask('go', within({ tokens: 1_000_000 }))).view.stopped?.limit).toBe('tokens')
    expect((await ask('go')).view.stopped?.limit).toBe('tokens')
  })

  test('a node that passes its own budget fails alone', async () => {
    const greedy = await startAgent('greedy', async (turn, writer) => {
      writer.working('thinking', { [EXTENSIONS.usage]: usage(500) })
      await never(turn)
    })
    const writer = await startAgent('writer', spending(1, 0, 'done'))
    const plan = planOf({ ...node('think', 'greedy'), budget: { tokens: 100 }, on_failure: 'skip' }, node('answer', 'writer', ['think']))
    const { ask } = await startOrchestrator([greedy, writer], plan)
    const { view } = await ask('go')
    expect(view).toMatchObject({ status: 'completed', stopped: null, nodes: { think: { state: 'skipped', attempts: 1, error: { code: 'budget_exceeded' } } } })
    expect(view.usage.total_tokens).toBe(501)
  })
})

describe('pause and resume', () => {
  test('a paused session begins nothing more, waits in the store, and goes on where it was', async () => {
    const gate = Promise.withResolvers<void>()
    const working = Promise.withResolvers<void>()
    let calls = 0
    const first = await startAgent('first', async (_turn, writer) => {
      working.resolve()
      await gate.promise
      writer.text('one')
    })
    const second = await startAgent('second', (_turn, writer) => {
      calls += 1
      writer.text('two')
    })
    const { ask, manage, view } = await startOrchestrator([first, second], planOf(node('a', 'first'), node('answer', 'second', ['a'])))
    const asking = ask('go')
    const id = await asking.id
    await working.promise
    expect(await manage('POST', `/v1/sessions/${id}/pause`)).toMatchObject({ status: 200, body: { session_id: id, status: 'paused' } })
    gate.resolve()
    await eventually('what ran is done', async () => (await view(id)).nodes['a']?.state === 'completed')
    expect(await view(id)).toMatchObject({ status: 'paused', nodes: { answer: { state: 'pending' } } })
    expect(calls).toBe(0)
    expect(await manage('POST', `/v1/sessions/${id}/resume`)).toMatchObject({ status: 200, body: { status: 'active' } })
    const { view: end, events } = await asking
    expect(end.status).toBe('completed')
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['session.paused', 'session.unpaused']))
    expect(await manage('POST', `/v1/sessions/${id}/pause`)).toMatchObject({ status: 409 })
  })

  test('a paused session can be canceled', async () => {
    const writer = await startAgent('writer', never)
    const { ask, manage, connection } = await startOrchestrator([writer], planOf(node('answer', 'writer')))
    const asking = ask('go')
    const id = await asking.id
    await manage('POST', `/v1/sessions/${id}/pause`)
    expect((await connection.cancelTask(id, call())).status.state).toBe('canceled')
    await asking
  })

  test('sessions of others, and ids that are none, are not found', async () => {
    const { ask, manage } = await startOrchestrator([await startAgent('writer', spending(1, 0, 'x'))], planOf(node('answer', 'writer')))
    const { view } = await ask('go')
    for (const [id, owner] of [
      [view.id, 'mallory'],
      ['ses_00000000000000000000000000', 'alice'],
      ["'; drop table", 'alice'],
      ['..', 'alice'],
    ] as const)
      for (const path of ['pause', 'resume'])
        expect((await manage('POST', `/v1/sessions/${encodeURIComponent(id)}/${path}`, undefined, owner)).status).toBe(404)
    expect((await manage('GET', `/v1/sessions/${view.id}/events`, undefined, 'mallory')).status).toBe(404)
  })
})

test('values that a node shares reach the nodes after it, those told of at once too', async () => {
  const sharing = await startAgent('sharing', (_turn, writer) => {
    writer.working('found it', { [EXTENSIONS.context]: [{ name: 'early', value: 'bird' }] })
    writer.artifact({
      parts: [
        { kind: 'text', text: 'x' },
        { kind: 'data', data: { kind: 'put-context', name: 'colour', value: { hex: '#f00' } } },
      ],
    })
  })
  const reading = await startAgent('reading', (turn, writer) => writer.text(textOf(turn.message.parts)))
  const { ask } = await startOrchestrator([sharing, reading], planOf(node('put', 'sharing'), node('answer', 'reading', ['put'])))
  const { view, events } = await ask('go')
  expect(view.context).toMatchObject({ early: { value: 'bird', node: 'put' }, colour: { value: { hex: '#f00' }, node: 'put' } })
  expect(view.answer?.text).toContain('- early: bird\n- colour: {"hex":"#f00"}')
  expect(events.filter(({ type }) => type === 'context.put')).toHaveLength(2)
})

describe('an agent that is down', () => {
  test('is not asked again and again: its breaker opens, work goes to the fallback at once, and a probe closes it', async () => {
    let isDown = true
    let asked = 0
    const shaky = await startAgent('shaky', (_turn, writer) => {
      asked += 1
      if (isDown) throw new AppError('upstream_timeout', 'The model is slow.')
      writer.text('from shaky')
    })
    const spare = await startAgent('spare', spending(1, 0, 'from spare'))
    const plan = planOf({ ...node('answer', 'shaky'), on_failure: 'fallback', fallback: 'spare', retries: 1 })
    const { ask, manage } = await startOrchestrator([shaky, spare], plan, { BREAKER_FAILURES: 2, BREAKER_REST_S: 0.3 })
    const breaker = async () => ((await manage('GET', '/v1/agents')).body['data'] as { breaker: { state: string } }[])[0]?.breaker.state
    expect((await ask('go')).view.answer?.text).toBe('from spare')
    expect(asked).toBe(2)
    expect(await breaker()).toBe('open')
    const { view, events } = await ask('go')
    expect(view.answer?.text).toBe('from spare')
    expect(asked).toBe(2)
    expect(events.some(({ type }) => type === 'node.retrying')).toBe(false)
    isDown = false
    await eventually('its rest is over', async () => (await breaker()) === 'half-open')
    expect((await ask('go')).view.answer?.text).toBe('from shaky')
    expect(await breaker()).toBe('closed')
  })
})
