import { once } from 'node:events'
import { request } from 'node:http'

import { SpanKind } from '@opentelemetry/api'
import { AppError } from '@signalbox/errors'
import { openTelemetry } from '@signalbox/telemetry'
import { eventually, readSse, recordSpans } from '@signalbox/testing'
import { describe, expect, test } from 'vitest'

import { agentThat, CARD, gate, post, say, call, sendParams, TOKEN, type RpcBody } from '../fixtures/agent.ts'
import { createLogCapture } from '../fixtures/log-capture.ts'
import type { TaskService } from '../task-service.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const V1 = { 'a2a-version': '1.0' }

describe('the card', () => {
  test('is served to anybody, and not again to one who has it', async () => {
    const { url } = await agentThat(async () => undefined, { token: TOKEN })
    const response = await fetch(`${url}/.well-known/agent-card.json`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(response.headers.get('cache-control')).toMatch(/max-age=\d+/)
    expect(Date.parse(response.headers.get('last-modified') ?? '')).toBeGreaterThan(0)
    expect(await response.json()).toMatchObject({ name: CARD.name, securitySchemes: { service: { httpAuthSecurityScheme: { scheme: 'Bearer' } } } })
    const etag = response.headers.get('etag') ?? ''
    for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
      const again = await fetch(`${url}/.well-known/agent-card.json`, { headers: { 'if-none-match': known } })
      expect([again.status, await again.text()]).toEqual([304, ''])
    }
    expect((await fetch(`${url}/.well-known/agent-card.json`, { headers: { 'if-none-match': '"other"' } })).status).toBe(200)
  })

  test('has another ETag when the agent’s address has changed', async () => {
    let publicUrl = 'http://one:1'
    const { url } = await agentThat(async () => undefined, { mount: { publicUrl: () => publicUrl } })
    const first = (await fetch(`${url}/.well-known/agent-card.json`)).headers.get('etag')
    publicUrl = 'http://two:2'
    const second = await fetch(`${url}/.well-known/agent-card.json`)
    expect(second.headers.get('etag')).not.toBe(first)
    expect(JSON.stringify(await second.json())).toContain('http://two:2/v1')
  })
})

describe('the credential', () => {
  test.each([
    ['none', {}],
    ['a wrong one', { authorization: 'Bearer wrong' }],
    ['the right one in another scheme', { authorization: `Basic ${TOKEN}` }],
  ])('with %s, either binding answers 401 and how to do better, before it reads a body', async (_what, headers) => {
    const { url } = await agentThat(async () => undefined, { token: TOKEN })
    const rpc = await post(url, 'not even json', headers)
    expect([rpc.status, rpc.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(rpc.body).toMatchObject({ jsonrpc: '2.0', id: null, error: { data: [{ reason: 'UNAUTHENTICATED' }] } })
    const rest = await fetch(`${url}/v1/tasks`, { headers: { ...V1, ...(headers as Record<string, string>) } })
    expect([rest.status, rest.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    expect(await rest.json()).toMatchObject({ error: { code: 401, status: 'UNAUTHENTICATED' } })
  })

  test('lets the caller say on whose behalf it calls; nobody said is nobody', async () => {
    const owners: string[] = []
    const agent = await agentThat(async (turn) => void owners.push(turn.caller.owner), { token: TOKEN })
    await agent.rpc('SendMessage', sendParams('hi'), { 'x-signalbox-owner': 'key_1' })
    await agent.rpc('SendMessage', sendParams('hi'))
    expect(owners).toEqual(['key_1', 'anonymous'])
    expect((await agent.rpc('SendMessage', sendParams('hi'), { 'x-signalbox-owner': 'x'.repeat(257) })).body.error).toMatchObject({
      code: -32_602,
      data: [{ metadata: { param: 'x-signalbox-owner' } }, {}],
    })
  })
})

describe('the protocol version', () => {
  test.each([
    ['1.0', true],
    ['1.0.1', true],
    [' 1.0 ', true],
    ['0.3', false],
    ['2.0', false],
    ['1.1', false],
    ['1', false],
    ['one', false],
    [undefined, false],
  ])('%s is spoken: %s', async (version, spoken) => {
    const agent = await agentThat(async () => undefined)
    const headers = version === undefined ? {} : { 'a2a-version': version }
    const rpc = await post(agent.url, JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'ListTasks', params: {} }), headers)
    expect(rpc.body).toMatchObject(
      spoken ? { id: 7, result: {} } : { id: 7, error: { code: -32_009, data: [{ reason: 'VERSION_NOT_SUPPORTED', domain: 'a2a-protocol.org' }] } },
    )
    const rest = await fetch(`${agent.url}/v1/tasks`, { headers: headers as Record<string, string> })
    expect(rest.status).toBe(spoken ? 200 : 400)
  })

  test('may come as a query parameter', async () => {
    const agent = await agentThat(async () => undefined)
    expect((await fetch(`${agent.url}/v1/tasks?A2A-Version=1.0`)).status).toBe(200)
    expect((await fetch(`${agent.url}/v1/tasks?A2A-Version=0.3`)).status).toBe(400)
  })
})

describe('JSON-RPC', () => {
  test.each<[string, string, number, unknown]>([
    ['no JSON', '{', -32_700, null],
    ['a batch', '[]', -32_600, null],
    ['no object', '"hi"', -32_600, null],
    ['another protocol', '{"jsonrpc":"1.0","id":3,"method":"GetTask"}', -32_600, 3],
    ['a method that is no name', '{"jsonrpc":"2.0","id":"a","method":7}', -32_600, 'a'],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"method":"GetTask"}', -32_600, null],
    ['an unknown method', '{"jsonrpc":"2.0","id":1,"method":"Dance"}', -32_601, 1],
    ['a method of the old protocol', '{"jsonrpc":"2.0","id":1,"method":"message/send","params":{}}', -32_601, 1],
    ['a method that every object has', '{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32_601, 1],
    ['parameters in a list', '{"jsonrpc":"2.0","id":1,"method":"GetTask","params":[]}', -32_602, 1],
    ['no parameters', '{"jsonrpc":"2.0","id":1,"method":"GetTask"}', -32_602, 1],
    ['a role of nobody', JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendMessage', params: sendParams('x', { role: 'wizard' }) }), -32_602, 1],
    ['JSON nested ten thousand deep', `{"jsonrpc":"2.0","id":1,"method":"GetTask","params":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, -32_602, null],
  ])('answers %s with its code, under its id', async (_what, body, code, id) => {
    const { url } = await agentThat(async () => undefined)
    const answer = await post(url, body)
    expect([answer.status, answer.body.id]).toEqual([200, id])
    expect(answer.body.error?.code).toBe(code)
    expect(answer.body.error?.data[0]).toMatchObject({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo' })
  })

  test('names the field that is wrong', async () => {
    const agent = await agentThat(async () => undefined)
    const { body } = await agent.rpc('SendMessage', sendParams('x', { parts: 'nope' }))
    expect(body.error?.data[1]).toMatchObject({ '@type': 'type.googleapis.com/google.rpc.BadRequest', 'fieldViolations': [{ field: 'message.parts' }] })
  })

  test('refuses a body that does not say it is JSON, as a web page’s form would not', async () => {
    const { url } = await agentThat(async () => undefined)
    const answer = await post(url, '{}', { ...V1, 'content-type': 'text/plain' })
    expect(answer.body.error).toMatchObject({ code: -32_005, data: [{ reason: 'CONTENT_TYPE_NOT_SUPPORTED' }] })
    expect((await post(url, '{}', { ...V1, 'content-type': 'application/a2a+json; charset=utf-8' })).body.error?.code).toBe(-32_600)
  })

  test('refuses a body over its limit, whether it says its length or not', async () => {
    const { url } = await agentThat(async () => undefined, { mount: { maxBodyBytes: 1_000 } })
    const large = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'GetTask', params: { id: 'x'.repeat(2_000) } })
    for (const body of [large, new Blob([large]).stream()]) {
      const answer = await post(url, body)
      expect([answer.status, answer.body.error?.data[0]]).toMatchObject([413, { reason: 'PAYLOAD_TOO_LARGE' }])
    }
    expect((await post(url, new Blob(['{"jsonrpc":"2.0","id":1,"method":"ListTasks"}']).stream())).body).toHaveProperty('result')
  })

  test('hides what nobody foresaw', async () => {
    const broken = { list: () => Promise.reject(new Error('password=swordfish')) } as Partial<TaskService> as TaskService
    const agent = await agentThat(async () => undefined, { mount: { tasks: broken } })
    const answer = await agent.rpc('ListTasks', {})
    expect(answer.body.error?.code).toBe(-32_603)
    expect(JSON.stringify(answer.body)).not.toContain('swordfish')
  })
})

describe('HTTP+JSON', () => {
  test('takes a message, and tells of its task by every door', async () => {
    const { url } = await agentThat(async (turn, writer) => (turn.task.history.length === 0 ? writer.inputRequired('which?') : writer.text('that one')))
    const rest = (path: string, init: RequestInit = {}) => fetch(`${url}/v1${path}`, { ...init, headers: { ...V1, ...JSON_TYPE, ...init.headers } })
    const sent = await rest('/message:send', { method: 'POST', body: JSON.stringify(sendParams('hi')) })
    expect([sent.status, sent.headers.get('content-type')]).toEqual([200, 'application/a2a+json'])
    const { task } = (await sent.json()) as { task: { id: string; contextId: string } }
    expect(task).toMatchObject({ status: { state: 'TASK_STATE_INPUT_REQUIRED' } })

    expect(await (await rest(`/tasks/${task.id}`)).json()).toMatchObject({ id: task.id, history: [{ messageId: 'm-1' }] })
    expect(await (await rest(`/tasks/${task.id}?historyLength=0`)).json()).not.toHaveProperty('history')
    expect(await (await rest(`/tasks?contextId=${task.contextId}&status=TASK_STATE_INPUT_REQUIRED&pageSize=5&includeArtifacts=true`)).json()).toMatchObject({
      tasks: [{ id: task.id, artifacts: [] }],
      nextPageToken: '',
      pageSize: 5,
      totalSize: 1,
    })

    const streamed = await rest('/message:stream', { method: 'POST', body: JSON.stringify(sendParams('this', { taskId: task.id })) })
    expect(streamed.headers.get('content-type')).toContain('text/event-stream')
    const kinds: string[] = []
    for await (const { data } of readSse(streamed)) kinds.push(...Object.keys(JSON.parse(data ?? '') as object))
    expect(kinds).toEqual(['task', 'artifactUpdate', 'statusUpdate'])
  })

  test.each(['GET', 'POST'])('subscribes by %s, cancels by POST', async (method) => {
    const { url, connection } = await agentThat(async (turn) => void (await once(turn.signal, 'abort')))
    const started = connection.stream(say('hi'), call())[Symbol.asyncIterator]()
    const { value } = await started.next()
    const id = value?.type === 'task' ? value.task.id : ''
    const subscribed = await fetch(`${url}/v1/tasks/${id}:subscribe`, { method, headers: V1 })
    expect((await (await fetch(`${url}/v1/tasks/${id}:cancel`, { method: 'POST', headers: V1 })).json()) as object).toMatchObject({
      status: { state: 'TASK_STATE_CANCELED' },
    })
    expect(await subscribed.text()).toContain('TASK_STATE_CANCELED')
    expect((await started.next()).value).toMatchObject({ status: { state: 'canceled' } })
    await started.next()
  })

  test.each<[string, string, number, string]>([
    ['GET', '/tasks/made-up', 404, 'TASK_NOT_FOUND'],
    ['POST', '/tasks/made-up:cancel', 404, 'TASK_NOT_FOUND'],
    ['GET', '/tasks/made-up:subscribe', 404, 'TASK_NOT_FOUND'],
    ['GET', '/tasks?pageSize=150', 400, 'INVALID_PARAMS'],
    ['GET', '/tasks?pageSize=many', 400, 'INVALID_PARAMS'],
    ['GET', '/tasks?status=TASK_STATE_RUNNING', 400, 'INVALID_PARAMS'],
    ['GET', '/tasks/made-up:cancel', 405, 'METHOD_NOT_FOUND'],
    ['POST', '/tasks/made-up', 405, 'METHOD_NOT_FOUND'],
    ['POST', '/tasks/made-up/pushNotificationConfigs', 400, 'PUSH_NOTIFICATION_NOT_SUPPORTED'],
    ['GET', '/tasks/made-up/pushNotificationConfigs', 400, 'PUSH_NOTIFICATION_NOT_SUPPORTED'],
    ['GET', '/tasks/made-up/pushNotificationConfigs/1', 400, 'PUSH_NOTIFICATION_NOT_SUPPORTED'],
    ['DELETE', '/tasks/made-up/pushNotificationConfigs/1', 400, 'PUSH_NOTIFICATION_NOT_SUPPORTED'],
    ['GET', '/extendedAgentCard', 400, 'UNSUPPORTED_OPERATION'],
  ])('%s %s is a %i %s', async (method, path, status, reason) => {
    const { url } = await agentThat(async () => undefined)
    const response = await fetch(`${url}/v1${path}`, { method, headers: V1 })
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/a2a+json'])
    const { error } = (await response.json()) as { error: { code: number; details: object[] } }
    expect(error.code).toBe(status)
    expect(error.details[0]).toMatchObject({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason })
  })

  test('a failure before the stream’s first event is an answer, not a stream', async () => {
    const { url } = await agentThat(async () => undefined)
    const response = await fetch(`${url}/v1/message:stream`, {
      method: 'POST',
      headers: { ...V1, ...JSON_TYPE },
      body: JSON.stringify(sendParams('hi', { taskId: 'made-up' })),
    })
    expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/a2a+json'])
  })
})

describe('an agent that does not stream', () => {
  test.each(['SendStreamingMessage', 'SubscribeToTask'])('refuses %s as unsupported', async (method) => {
    const agent = await agentThat(async () => undefined, { mount: { card: { ...CARD, streaming: false } } })
    expect((await agent.rpc(method, sendParams('hi'))).body.error).toMatchObject({ code: -32_004 })
  })
})

describe('streams', () => {
  test('carry the number of each event, and go on after one that is named', async () => {
    const agent = await agentThat(async (_turn, writer) => {
      for (let index = 0; index < 3; index += 1) writer.artifact({ artifactId: 'a', parts: [{ kind: 'data', data: index }] }, { append: true })
    })
    const all = await readStream(agent.url, 'SendStreamingMessage', sendParams('hi'))
    expect(all.map(({ id }) => id)).toEqual(['0', '1', '2', '3', '4'])
    const id = all[0]?.body.result?.['task'] as { id: string }
    const rest = await readStream(agent.url, 'SubscribeToTask', { id: id.id }, { 'last-event-id': '2' })
    expect(rest.map((event) => event.id)).toEqual(['2', '3', '4'])
    expect(rest.slice(1).map(({ body }) => body.result)).toEqual(all.slice(3).map(({ body }) => body.result))
  })

  test('a failure after the first event is an event', async () => {
    const failing = {
      async *stream() {
        yield { type: 'message', message: { messageId: 'm', role: 'agent', parts: [] } }
        throw new AppError('upstream_timeout', 'Too slow.')
      },
    } as Partial<TaskService> as TaskService
    const { url } = await agentThat(async () => undefined, { mount: { tasks: failing } })
    const events = await readStream(url, 'SendStreamingMessage', sendParams('hi'))
    expect(events[1]?.body).toMatchObject({ id: 9, error: { message: 'Too slow.', data: [{ metadata: { code: 'upstream_timeout' } }] } })
    const rest = await fetch(`${url}/v1/message:stream`, { method: 'POST', headers: { ...V1, ...JSON_TYPE }, body: JSON.stringify(sendParams('hi')) })
    expect(await rest.text()).toContain('event: error\ndata: {"error":{"code":504')
  })

  test('a client that goes away ends its stream, and nothing else', async () => {
    const { open, passed } = gate()
    const signals: AbortSignal[] = []
    const agent = await agentThat(async (turn, writer) => {
      writer.text('half')
      await passed
      writer.text(' and half')
      writer.complete()
      signals.push(turn.signal)
    })
    const left = watchSignals(agent.engine)
    const tasksBehind = await agentThat(async () => undefined, { mount: { tasks: left.tasks } })
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage', params: sendParams('hi') })
    const client = request(tasksBehind.url, { method: 'POST', headers: { ...V1, ...JSON_TYPE, 'content-length': Buffer.byteLength(body) } }).end(body)
    const [response] = (await once(client, 'response')) as [NodeJS.ReadableStream & { destroy(): void }]
    await once(response, 'data')
    client.destroy()
    await eventually('the stream is told', () => left.signals[0]?.aborted)
    const { tasks } = await agent.engine.list({ pageSize: 1, includeArtifacts: true }, { owner: 'anonymous' })
    expect(tasks[0]?.status.state).toBe('submitted')
    open()
    await eventually('it completes', async () => (await agent.engine.get(tasks[0]?.id ?? '', { owner: 'anonymous' }, {})).status.state === 'completed')
    expect(signals[0]?.aborted).toBe(false)
  })

  test('a client that does not read holds the events back, not in the server’s memory', async () => {
    let made = 0
    const endless = {
      async *stream() {
        for (;;) {
          made += 1
          yield { type: 'message', message: { messageId: 'm', role: 'agent', parts: [{ kind: 'text', text: 'x'.repeat(10_000) }] } }
        }
      },
    } as Partial<TaskService> as TaskService
    const { url } = await agentThat(async () => undefined, { mount: { tasks: endless } })
    const leaving = new AbortController()
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...V1, ...JSON_TYPE },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'SendStreamingMessage', params: sendParams('hi') }),
      signal: leaving.signal,
    })
    expect(response.status).toBe(200)
    const settled = await eventually('no more is made', async () => {
      const before = made
      await new Promise((resolve) => setTimeout(resolve, 100))
      return made === before && made
    })
    expect(settled).toBeLessThan(5_000)
    leaving.abort()
  })
})

describe('what is seen of it', () => {
  test('each call is a span of the server, in the trace of its caller, with its task', async () => {
    const recorder = recordSpans()
    const telemetry = openTelemetry({ service: 'agent', level: 'silent', spanProcessor: recorder.processor })
    const inside: (string | undefined)[] = []
    const agent = await agentThat(
      async (turn, writer) => {
        const span = telemetry.tracer.startSpan('work')
        inside.push(turn.caller.requestId)
        span.end()
        writer.complete()
      },
      { token: TOKEN, telemetry },
    )
    const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`
    const { body } = await agent.rpc('SendMessage', sendParams('secret words'), { traceparent, 'x-request-id': 'req_9' })
    const task = body.result?.['task'] as { id: string }
    const span = recorder.spans().find(({ name }) => name === 'SendMessage')
    expect(span).toMatchObject({
      kind: SpanKind.SERVER,
      attributes: {
        'a2a.method.name': 'SendMessage',
        'a2a.task.id': task.id,
        'a2a.message.id': 'm-1',
        'a2a.task.state': 'TASK_STATE_COMPLETED',
        'signalbox.request.id': 'req_9',
      },
    })
    expect(span?.spanContext().traceId).toBe('1'.repeat(32))
    expect(span?.parentSpanContext?.spanId).toBe('2'.repeat(16))
    const work = recorder.spans().find(({ name }) => name === 'work')
    expect(work?.parentSpanContext?.spanId).toBe(span?.spanContext().spanId)
    expect(inside).toEqual(['req_9'])
    expect(JSON.stringify(recorder.spans().map(({ attributes }) => attributes))).not.toContain('secret')
  })

  test('a caller without the token writes into nobody’s trace', async () => {
    const recorder = recordSpans()
    const telemetry = openTelemetry({ service: 'agent', level: 'silent', spanProcessor: recorder.processor })
    const { url } = await agentThat(async () => undefined, { token: TOKEN, telemetry })
    await post(url, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ListTasks' }), { ...V1, traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` })
    expect(recorder.spans()).toEqual([])
  })

  test('each call is one line when it ends, with its method, time and code, and no words of the caller', async () => {
    const log = createLogCapture()
    const telemetry = openTelemetry({ service: 'agent', level: 'info', logTo: log.destination })
    const agent = await agentThat(async (_turn, writer) => writer.text('an answer'), { telemetry })
    await agent.rpc('SendMessage', sendParams('a question'))
    await readStream(agent.url, 'SendStreamingMessage', sendParams('a question'))
    await agent.rpc('GetTask', { id: 'made-up' })
    const lines = log.lines().filter((line) => 'a2a_method' in line)
    expect(lines.map(({ a2a_method, code }) => [a2a_method, code])).toEqual([
      ['SendMessage', undefined],
      ['SendStreamingMessage', undefined],
      ['GetTask', 'not_found'],
    ])
    for (const line of lines) expect(line).toMatchObject({ duration_ms: expect.any(Number) as number, request_id: expect.any(String) as string })
    expect(JSON.stringify(log.lines())).not.toMatch(/question|answer/)
  })
})

/** A service whose streams' signals can be looked at. */
function watchSignals(tasks: TaskService): { tasks: TaskService; signals: AbortSignal[] } {
  const signals: AbortSignal[] = []
  return {
    signals,
    tasks: {
      ...tasks,
      stream(sent, caller, signal) {
        signals.push(signal)
        return tasks.stream(sent, caller, signal)
      },
    },
  }
}

async function readStream(
  url: string,
  method: string,
  params: unknown,
  headers: Record<string, string> = {},
): Promise<{ id: string | undefined; body: RpcBody }[]> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...V1, ...JSON_TYPE, ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 9, method, params }),
  })
  const events: { id: string | undefined; body: RpcBody }[] = []
  for await (const { id, data } of readSse(response)) if (data !== undefined) events.push({ id, body: JSON.parse(data) as RpcBody })
  return events
}
