import { describe, expect, it } from 'vitest'

import { readAnswer, type ChatAnswer } from './chat-answer.ts'

describe('an answer in the playground', () => {
  it('grows word by word, with what the session tells beside it', async () => {
    const { answer, told } = await ask(
      stream([
        chunk({ role: 'assistant', content: '' }, { signalbox: { v: 1, session_id: 'ses_1', status: 'active' } }),
        chunk({ reasoning_content: 'Planning\n' }, { signalbox: { v: 1, type: 'plan.started' } }),
        chunk({ reasoning_content: 'asking rag: Find\n' }, { signalbox: { v: 1, type: 'node.started', node_id: 'find', agent: 'rag', state: 'running' } }),
        chunk({}, { signalbox: { v: 1, type: 'node.completed', node_id: 'find', agent: 'rag', state: 'completed' } }),
        chunk({ content: 'Both ' }),
        chunk({ content: 'speak [1].' }),
        chunk({}, { finish: 'stop', signalbox: { v: 1, cost_usd: 0.01, citations: [{ n: 1, source: 'a.md', title: '', start: 0, end: 9 }] } }),
        { object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
      ]),
    )
    expect(answer).toMatchObject({
      status: 'completed',
      text: 'Both speak [1].',
      thinking: 'Planning\nasking rag: Find\n',
      route: { way: 'complex', reason: 'classifier: hard' },
      sessionId: 'ses_1',
      requestId: 'req_1',
      steps: { find: { agent: 'rag', state: 'completed' } },
      usage: { total_tokens: 3 },
      costUsd: 0.01,
      citations: [{ n: 1, source: 'a.md' }],
    })
    expect(told.map(({ text }) => text)).toContain('Both ')
    expect(answer.firstMs).toBeGreaterThan(0)
  })

  it('says that it waits for a person where the turn ended for an approval', async () => {
    const { answer } = await ask(
      stream([chunk({ content: 'I need a word.' }), chunk({}, { finish: 'stop', signalbox: { v: 1, status: 'awaiting_approval', session_id: 'ses_1' } })]),
    )
    expect(answer.status).toBe('awaiting_approval')
  })

  it('shows an error’s words, code and request id', async () => {
    const { answer } = await ask(
      new Response(JSON.stringify({ error: { message: 'No such model.', type: 'invalid_request_error', param: 'model', code: 'model_not_found' } }), {
        status: 404,
        headers: { 'x-request-id': 'req_9' },
      }),
    )
    expect(answer.error).toEqual({ message: 'No such model.', code: 'model_not_found', status: 404, requestId: 'req_9' })
  })

  it('keeps what was written before a failure in the stream', async () => {
    const { answer } = await ask(
      stream([chunk({ content: 'Half' }), { error: { message: 'The agent failed.', type: 'server_error', param: null, code: 'agent_failed' } }]),
    )
    expect(answer).toMatchObject({ status: 'failed', text: 'Half', error: { code: 'agent_failed', message: 'The agent failed.' } })
  })

  it('does not take a stream that broke off for a whole answer', async () => {
    const { answer } = await ask(new Response('data: {"choices":[{"delta":{"content":"Half"}}]}\n\n'))
    expect(answer).toMatchObject({ status: 'failed', text: 'Half', error: { code: 'cut_off' } })
  })

  it('ends quietly where the person stopped it', async () => {
    const stop = new AbortController()
    stop.abort()
    const answer = await readAnswer(() => Promise.reject(new Error('aborted')), { onAnswer: () => undefined, signal: stop.signal })
    expect(answer.status).toBe('stopped')
  })
})

async function ask(response: Response): Promise<{ answer: ChatAnswer; told: ChatAnswer[] }> {
  const told: ChatAnswer[] = []
  let time = 0
  const answer = await readAnswer(() => Promise.resolve(response), {
    onAnswer: (next) => told.push(next),
    signal: AbortSignal.timeout(1_000),
    now: () => (time += 1),
  })
  return { answer, told }
}

function chunk(delta: object, { finish, signalbox }: { finish?: string; signalbox?: object } = {}): object {
  return { object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish ?? null }], ...(signalbox && { signalbox }) }
}

function stream(chunks: readonly object[]): Response {
  const body = [...chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`), 'data: [DONE]\n\n'].join('')
  return new Response(body, { headers: { 'x-signalbox-route': 'complex', 'x-signalbox-route-reason': 'classifier: hard', 'x-request-id': 'req_1' } })
}
