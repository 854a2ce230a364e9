import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

import { context, SpanKind, trace } from '@opentelemetry/api'
import { EXTENSIONS } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { openTelemetry, withLogFields } from '@signalbox/telemetry'
import { eventually, freePorts, recordSpans } from '@signalbox/testing'
import { describe, expect, onTestFinished, test } from 'vitest'

import {
  agentThat,
  asTask,
  call,
  CARD,
  codeOf,
  collect,
  gate,
  say,
  serverThat,
  silent,
  stateIn,
  taskIn,
  textIn,
  TOKEN,
  type AgentOptions,
} from '../fixtures/agent.ts'
import { createLogCapture } from '../fixtures/log-capture.ts'
import { textOf, type StreamEvent } from '../model.ts'
import { connectAgent, type AgentConnection } from './connect-agent.ts'

describe('a connection to an agent of ours', () => {
  test('sends, fetches, lists, and hears what happened', async () => {
    const { connection, url } = await agentThat(async (turn, writer) => {
      writer.text(`you said ${textOf(turn.message.parts)}`)
      writer.complete({ metadata: { [EXTENSIONS.usage]: { total_tokens: 3 } } })
    })
    const task = asTask(await connection.send(say('hi'), call()))
    expect([task.status.state, textIn(task)]).toEqual(['completed', 'you said hi'])
    expect(task.metadata).toEqual({ [EXTENSIONS.usage]: { total_tokens: 3 } })
    expect(await connection.getTask(task.id, call())).toEqual(task)
    expect(await connection.listTasks({ includeArtifacts: true, state: 'completed', pageSize: 3 }, call())).toEqual({
      tasks: [task],
      nextPageToken: '',
      pageSize: 3,
      totalSize: 1,
    })
    expect((await connection.card(call())).url).toBe(`${url}/`)
  })

  test('gets back the very error that was thrown there', async () => {
    const { connection } = await agentThat(async (_turn, writer) => writer.inputRequired('?'))
    const { id } = asTask(await connection.send(say('hi'), call()))
    await expect(connection.send({ ...say('hi'), taskId: id, contextId: 'other' }, call())).rejects.toMatchObject({
      name: 'AppError',
      code: 'invalid_request',
      param: 'message.contextId',
      retryable: false,
    })
    await expect(connection.getTask('made-up', call())).rejects.toMatchObject({ code: 'not_found' })
  })

  test('says on whose behalf it calls, under which request, and with which key', async () => {
    const callers: unknown[] = []
    const { connection } = await agentThat(async (turn) => void callers.push(turn.caller), { token: TOKEN })
    await connection.send(say('hi'), call({ owner: 'key_1', requestId: 'req_1', idempotencyKey: 'ses/n/0' }))
    await withLogFields({ request_id: 'req_2' }, () => connection.send(say('hi'), call()))
    expect(callers).toEqual([
      { owner: 'key_1', requestId: 'req_1', idempotencyKey: 'ses/n/0' },
      { owner: 'anonymous', requestId: 'req_2' },
    ])
  })

  test('a stream that one leaves is closed, and the agent’s work goes on', async () => {
    const { open, passed } = gate()
    const { connection, engine, server } = await agentThat(async (_turn, writer) => {
      writer.text('half')
      await passed
      writer.text(' and half')
    })
    const closed: boolean[] = []
    server.on('request', (request, response) => request.method === 'POST' && response.on('close', () => closed.push(response.writableFinished)))
    let id = ''
    for await (const event of connection.stream(say('hi'), call())) {
      if (event.type === 'task') id = event.task.id
      if (event.type === 'artifact') break
    }
    await eventually('the connection is closed', () => closed.length > 0)
    expect(closed).toEqual([false])
    open()
    const task = await eventually('it completes', async () => {
      const now = await engine.get(id, { owner: 'anonymous' }, {})
      return now.status.state === 'completed' && now
    })
    expect(textIn(task)).toBe('half and half')
  })

  test('a stream whose connection is cut goes on, with every event once, metadata too', async () => {
    const steps = Array.from({ length: 12 }, gate)
    const { connection, server } = await agentThat(async (_turn, writer) => {
      for (const [index, { passed }] of steps.entries()) {
        await passed
        writer.working(undefined, { step: index })
      }
      writer.complete({ metadata: { last: true } })
    })
    const told: unknown[] = []
    steps[0]?.open()
    for await (const event of connection.stream(say('hi'), call())) {
      if (event.type !== 'status') continue
      told.push(event.metadata?.['step'] ?? event.metadata)
      if (told.length % 3 === 0) {
        server.closeAllConnections()
        // Two steps at once, so that something happens while nobody listens.
        steps[told.length + 1]?.open()
      }
      steps[told.length]?.open()
    }
    expect(told).toEqual([...steps.keys(), { last: true }])
  })

  test('a task that ended while the line was down is told to its end', async () => {
    const { open, passed } = gate()
    const { connection, engine, server } = await agentThat(async (_turn, writer) => {
      writer.text('half')
      await passed
      writer.text(' and half')
      writer.fail({ code: 'agent_failed', message: 'at last' })
    })
    const events: StreamEvent[] = []
    for await (const event of connection.stream(say('hi'), call())) {
      events.push(event)
      if (event.type === 'artifact' && !events.some((one) => stateIn(one) === 'failed')) {
        server.closeAllConnections()
        open()
        await eventually('it ends', async () => (await engine.get(event.taskId, { owner: 'anonymous' }, {})).status.state === 'failed')
      }
    }
    expect(events.map((event) => (event.type === 'artifact' ? textOf(event.artifact.parts) : stateIn(event)))).toEqual([
      'submitted',
      'half',
      ' and half',
      'failed',
    ])
    expect(events.at(-1)).toMatchObject({ metadata: { [EXTENSIONS.failure]: { code: 'agent_failed' } } })
  })

  test('a subscription to a task that has ended is a conflict', async () => {
    const { connection } = await agentThat(async () => undefined)
    const { id } = asTask(await connection.send(say('hi'), call()))
    expect(await codeOf(collect(connection.subscribe(id, call())))).toBe('conflict')
  })
})

describe('limits', () => {
  const hang = () => agentThat(async (turn) => void (await once(turn.signal, 'abort')))

  test('a caller who gives up is canceled, by an answer and in a stream', async () => {
    const { connection } = await hang()
    for (const work of [
      (signal: AbortSignal) => connection.send(say('hi'), { signal }),
      (signal: AbortSignal) => collect(connection.stream(say('hi'), { signal })),
    ]) {
      const leaving = new AbortController()
      const code = codeOf(work(leaving.signal))
      setTimeout(() => leaving.abort(), 20)
      expect(await code).toBe('canceled')
      expect(await codeOf(work(AbortSignal.abort()))).toBe('canceled')
    }
  })

  test('a caller who gives up for a reason of ours keeps it', async () => {
    const { connection } = await hang()
    const leaving = new AbortController()
    const sent = codeOf(connection.send(say('hi'), { signal: leaving.signal }))
    await connection.card(call())
    leaving.abort(new AppError('rate_limited', 'enough'))
    expect(await sent).toBe('rate_limited')
    expect(await codeOf(connection.send(say('hi'), { signal: AbortSignal.timeout(20) }))).toBe('deadline_exceeded')
  })

  test('a deadline is that of the whole call, a stream’s too, however lively it is', async () => {
    const { connection } = await agentThat(async (turn, writer) => {
      while (!turn.signal.aborted) {
        writer.working('still')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    })
    expect(await codeOf(connection.send(say('hi'), call({ deadlineMs: 30 })))).toBe('deadline_exceeded')
    expect(await codeOf(collect(connection.stream(say('hi'), call({ deadlineMs: 60 }))))).toBe('deadline_exceeded')
  })

  test('a deadline is not begun anew when the line breaks', async () => {
    const { connection, server } = await agentThat(async (turn) => void (await once(turn.signal, 'abort')))
    const cutting = setInterval(() => server.closeAllConnections(), 150)
    onTestFinished(() => clearInterval(cutting))
    const begun = performance.now()
    expect(await codeOf(collect(connection.stream(say('hi'), call({ deadlineMs: 400 }))))).toBe('deadline_exceeded')
    expect(performance.now() - begun).toBeLessThan(2_000)
  })

  test('silence ends a stream; neither the slowness of its reader nor its own length does', async () => {
    const lively = await agentThat(async (_turn, writer) => {
      for (let index = 0; index < 20; index += 1) {
        writer.working('still')
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })
    let slept = false
    for await (const event of lively.connection.stream(say('hi'), call({ idleMs: 250 }))) {
      if (event.type === 'status' && !slept) await new Promise((resolve) => setTimeout(resolve, 300))
      slept = true
    }
    const silentAgent = await hang()
    await expect(collect(silentAgent.connection.stream(say('hi'), call({ idleMs: 30 })))).rejects.toMatchObject({ code: 'upstream_timeout', retryable: true })
  })

  test('a connection that is closed ends what is under way', async () => {
    const { connection } = await hang()
    const codes = [codeOf(connection.send(say('hi'), call())), codeOf(collect(connection.stream(say('hi'), call())))]
    await connection.card(call())
    await new Promise((resolve) => setTimeout(resolve, 20))
    await connection.close()
    expect(await Promise.all(codes)).toEqual(['canceled', 'canceled'])
  })
})

describe('the card', () => {
  test('is asked for once by however many, kept for its time, then asked for again with its ETag', async () => {
    const asked: (string | undefined)[] = []
    const { url } = await serverThat((request, response) => {
      asked.push(request.headers['if-none-match'])
      if (request.headers['if-none-match'] === '"1"') response.writeHead(304).end()
      else sendCard(request, response, { etag: '"1"' })
    })
    const connection = connected(url, { cardTtlMs: 60_000 })
    const cards = await Promise.all(Array.from({ length: 5 }, () => connection.card(call())))
    expect(asked).toEqual([undefined])
    expect(await connection.card(call())).toEqual(cards[0])
    expect(await connection.card({ ...call(), fresh: true })).toEqual(cards[0])
    expect(asked).toEqual([undefined, '"1"'])
    const forgetful = connected(url, { cardTtlMs: 0 })
    await forgetful.card(call())
    await forgetful.card(call())
    expect(asked).toHaveLength(4)
  })

  test('is looked for below the configured path, with or without a slash', async () => {
    const paths: string[] = []
    const { url } = await serverThat((request, response) => {
      paths.push(request.url ?? '')
      sendCard(request, response)
    })
    for (const path of ['/agents/one', '/agents/one/']) await connected(`${url}${path}`).card(call())
    expect(paths).toEqual(['/agents/one/.well-known/agent-card.json', '/agents/one/.well-known/agent-card.json'])
  })

  test('one who stops waiting for it does not stop the others', async () => {
    const { open, passed } = gate()
    const { url } = await serverThat(async (request, response) => {
      await passed
      sendCard(request, response)
    })
    const connection = connected(url)
    const leaving = new AbortController()
    const codes = [codeOf(connection.card({ signal: leaving.signal })), codeOf(connection.card(call()))]
    leaving.abort()
    expect(await codes[0]).toBe('canceled')
    open()
    expect(await codes[1]).toBe('no error')
  })

  test.each<[string, string | object]>([
    ['no JSON', '<html>'],
    ['no card', { hello: 1 }],
    ['too large', JSON.stringify({ name: 'x', padding: 'x'.repeat(300_000) })],
  ])('that is %s is refused', async (_what, body) => {
    const { url } = await serverThat((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body)),
    )
    expect(await codeOf(connected(url).card(call()))).toBe('upstream_invalid')
  })

  test('that names another origin leads no call, and no token, there', async () => {
    const stolen: string[] = []
    const elsewhere = await serverThat((request, response) => {
      stolen.push(request.headers.authorization ?? 'no token')
      response.end()
    })
    const reached: string[] = []
    const here = await serverThat((request, response) => {
      if (request.method === 'GET') return sendCard(request, response, {}, `${elsewhere.url}/rpc`)
      reached.push(`${request.url} ${request.headers.authorization}`)
      response.writeHead(503).end()
    })
    const log = createLogCapture()
    const connection = connected(`${here.url}/agent`, { token: TOKEN, telemetry: openTelemetry({ service: 'test', level: 'info', logTo: log.destination }) })
    expect((await connection.card(call())).url).toBe(`${here.url}/agent`)
    expect(await codeOf(connection.send(say('hi'), call()))).toBe('agent_unavailable')
    expect(reached).toEqual([`/agent Bearer ${TOKEN}`])
    expect(stolen).toEqual([])
    expect(log.lines()).toMatchObject([{ level: 40, agent: 'x' }])
  })

  test('is asked for without the token, which is sent only where one was given', async () => {
    const seen: (string | undefined)[] = []
    const listener: RequestListener = (request, response) => {
      seen.push(`${request.method} ${request.headers.authorization}`)
      if (request.method === 'GET') sendCard(request, response)
      else response.writeHead(500).end()
    }
    const { url } = await serverThat(listener)
    await codeOf(connected(url, { token: TOKEN }).send(say('hi'), call()))
    await codeOf(connected(url).send(say('hi'), call()))
    expect(seen).toEqual(['GET undefined', `POST Bearer ${TOKEN}`, 'GET undefined', 'POST undefined'])
  })
})

describe('an agent that is not as it should be', () => {
  test('not there at all', async () => {
    const [port] = await freePorts(1)
    await expect(connected(`http://127.0.0.1:${port}`).send(say('hi'), call())).rejects.toMatchObject({ code: 'agent_unavailable', retryable: true })
    await expect(connected('http://nowhere.invalid').send(say('hi'), call())).rejects.toMatchObject({ code: 'agent_unavailable' })
  })

  test('that sends elsewhere is not followed', async () => {
    let reached = false
    const elsewhere = await serverThat((_request, response) => {
      reached = true
      response.end()
    })
    const connection = await agentAnswering((_request, response) => response.writeHead(307, { location: elsewhere.url }).end())
    expect(await codeOf(connection.send(say('hi'), call()))).toBe('upstream_invalid')
    expect(await codeOf(collect(connection.stream(say('hi'), call())))).toBe('upstream_invalid')
    const redirecting = await serverThat((_request, response) => response.writeHead(302, { location: elsewhere.url }).end())
    expect(await codeOf(connected(redirecting.url).card(call()))).toBe('upstream_invalid')
    expect(reached).toBe(false)
  })

  test.each<[string, number, string, string, boolean]>([
    ['HTML', 200, '<html>', 'upstream_invalid', false],
    ['nothing', 200, '', 'upstream_invalid', false],
    ['JSON that is no JSON-RPC', 200, '{"hello":1}', 'upstream_invalid', false],
    [
      'an answer to another request',
      200,
      '{"jsonrpc":"2.0","id":"other","result":{"message":{"messageId":"m","role":"ROLE_AGENT","parts":[]}}}',
      'upstream_invalid',
      false,
    ],
    ['an error page', 502, '<html>', 'upstream_failed', true],
    ['too many requests', 429, '', 'rate_limited', true],
    ['its pause', 503, '', 'agent_unavailable', true],
    ['a refusal of the credential', 401, '{}', 'upstream_failed', false],
    ['a JSON-RPC error of another make', 200, '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"gone"}}', 'not_found', false],
    ['a status error of another make', 404, '{"error":{"code":404,"message":"gone","details":[{"reason":"TASK_NOT_FOUND"}]}}', 'not_found', false],
  ])('answering %s', async (_what, status, body, code, retryable) => {
    const connection = await agentAnswering((_request, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(body))
    await expect(connection.send(say('hi'), call())).rejects.toMatchObject({ code, retryable })
    await expect(collect(connection.stream(say('hi'), call()))).rejects.toMatchObject({ code, retryable })
  })

  test.each<[string, string, string]>([
    ['no JSON', 'data: {\n\n', 'upstream_invalid'],
    ['JSON nested without end', `data: ${'['.repeat(100_000)}\n\n`, 'upstream_invalid'],
    ['an event that is none', 'data: {"jsonrpc":"2.0","id":"ID","result":{"dance":1}}\n\n', 'upstream_invalid'],
    ['a state that is none', 'data: {"jsonrpc":"2.0","id":"ID","result":{"task":{"id":"t","status":{"state":"DANCING"}}}}\n\n', 'upstream_invalid'],
    ['an error', 'data: {"jsonrpc":"2.0","id":"ID","error":{"code":-32603,"message":"no"}}\n\n', 'agent_failed'],
    ['only silence', ': hb\n\n', 'upstream_invalid'],
  ])('streaming %s', async (_what, stream, code) => {
    const connection = await agentAnswering((_request, response, id) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(stream.replaceAll('ID', id)),
    )
    expect(await codeOf(collect(connection.stream(say('hi'), call())))).toBe(code)
  })

  test('that answers a streaming call with an answer', async () => {
    const connection = await agentAnswering((_request, response, id) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result: { task: {} } })),
    )
    expect(await codeOf(collect(connection.stream(say('hi'), call())))).toBe('upstream_invalid')
  })

  test('that says its last word and does not hang up is not waited for', async () => {
    const state = (name: string): object => ({ state: `TASK_STATE_${name}`, timestamp: '2026-01-01T00:00:00Z' })
    const connection = await agentAnswering((_request, response, id) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const result of [
        { task: { id: 't', contextId: 'c', status: state('WORKING') } },
        { statusUpdate: { taskId: 't', contextId: 'c', status: state('COMPLETED') } },
      ]) {
        response.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
      }
    })
    expect((await collect(connection.stream(say('hi'), call()))).map(stateIn)).toEqual(['working', 'completed'])
  })

  test('that answers with a message has answered', async () => {
    const message = { messageId: 'm', role: 'ROLE_AGENT', parts: [{ text: 'hello' }] }
    const connection = await agentAnswering((request, response, id) => {
      const body = JSON.stringify({ jsonrpc: '2.0', id, result: { message } })
      if (request.headers.accept === 'text/event-stream') response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${body}\n\n`)
      else response.end(body)
    })
    expect(await connection.send(say('hi'), call())).toEqual({ messageId: 'm', role: 'agent', parts: [{ kind: 'text', text: 'hello' }] })
    expect(await collect(connection.stream(say('hi'), call()))).toMatchObject([{ type: 'message' }])
  })

  test('a kept connection that the agent closed meanwhile is not a failed question', async () => {
    const { connection, server } = await agentThat(async () => undefined)
    const { id } = asTask(await connection.send(say('hi'), call()))
    for (let round = 0; round < 5; round += 1) {
      server.closeAllConnections()
      expect((await connection.getTask(id, call())).id).toBe(id)
    }
  })
})

test('one question is one trace, from the caller to what the agent does', async () => {
  const recorder = recordSpans()
  const telemetryOf = (service: string) => openTelemetry({ service, level: 'silent', spanProcessor: recorder.processor })
  const far = telemetryOf('far')
  const near = telemetryOf('near')
  const inner = await agentThat(
    async (_turn, writer) => {
      far.tracer.startSpan('inner work').end()
      writer.text('x')
    },
    { telemetry: far },
  )
  const outer = await agentThat(
    async (turn, writer) => {
      for await (const event of inner.connection.stream(say('go on'), { signal: turn.signal }))
        if (event.type === 'artifact') writer.text(textOf(event.artifact.parts))
    },
    { telemetry: near, token: TOKEN },
  )
  const root = near.tracer.startSpan('root')
  const events = await context.with(trace.setSpan(context.active(), root), () => collect(outer.connection.stream(say('hi'), call())))
  root.end()
  const task = await outer.connection.getTask(taskIn(events[0]).id, call())
  expect(textIn(task)).toBe('x')

  const spans = await eventually('all spans ended', () => {
    const own = recorder.spans().filter((span) => span.spanContext().traceId === root.spanContext().traceId)
    return own.length === 6 && own
  })
  const parentOf = (name: string, kind: SpanKind, below: string): string | undefined => {
    const span = spans.find((each) => each.name === name && each.kind === kind && each.resource.attributes['service.name'] === below)
    const parent = spans.find((each) => each.spanContext().spanId === span?.parentSpanContext?.spanId)
    return parent && `${parent.name} ${SpanKind[parent.kind]} ${String(parent.resource.attributes['service.name'])}`
  }
  expect(spans.map(({ name }) => name).toSorted()).toEqual([
    'SendStreamingMessage',
    'SendStreamingMessage',
    'SendStreamingMessage',
    'SendStreamingMessage',
    'inner work',
    'root',
  ])
  expect(parentOf('inner work', SpanKind.INTERNAL, 'far')).toBe('SendStreamingMessage SERVER far')
  const client = spans.find((span) => span.kind === SpanKind.CLIENT)
  expect(client?.attributes).toMatchObject({
    'a2a.method.name': 'SendStreamingMessage',
    'server.address': '127.0.0.1',
    'a2a.task.id': expect.any(String) as string,
  })
})

function connected(url: string, options: NonNullable<AgentOptions['connect']> = {}): AgentConnection {
  const connection = connectAgent({ url, telemetry: silent, ...options })
  onTestFinished(() => connection.close())
  return connection
}

/** A connection to something that has a card, and answers calls as the test says. */
async function agentAnswering(answer: (request: IncomingMessage, response: ServerResponse, id: string) => unknown): Promise<AgentConnection> {
  const { url } = await serverThat(async (request, response) => {
    if (request.method === 'GET') return sendCard(request, response)
    let body = ''
    for await (const piece of request.setEncoding('utf8')) body += piece as string
    answer(request, response, (JSON.parse(body) as { id: string }).id)
  })
  return connected(url)
}

function sendCard(
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string> = {},
  endpoint = `http://${request.headers.host}/`,
): void {
  const card = {
    ...CARD,
    name: 'x',
    supportedInterfaces: [{ url: endpoint, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true },
  }
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(card))
}
