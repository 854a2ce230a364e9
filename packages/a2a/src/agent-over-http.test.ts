import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { ClientFactory } from '@a2a-js/sdk/client'
import { getRequestListener } from '@hono/node-server'
import { AppError, type ErrorCode } from '@signalbox/errors'
import { openTelemetry } from '@signalbox/telemetry'
import { eventually } from '@signalbox/testing'
import { Hono } from 'hono'
import { afterEach, describe, expect, test } from 'vitest'

import type { TaskWriter, Turn } from './agent.ts'
import { connectAgent, type AgentConnection } from './connect/connect-agent.ts'
import { createTaskEngine, type TaskEngine } from './engine/create-task-engine.ts'
import { textOf, type StreamEvent, type Task } from './model.ts'
import { mountAgent } from './mount/mount-agent.ts'
import { renderA2AError } from './mount/rest.ts'

const telemetry = openTelemetry({ service: 'test', level: 'silent' })
const running: { server: Server; engine: TaskEngine; connection: AgentConnection }[] = []

afterEach(async () => {
  for (const { server, engine, connection } of running.splice(0)) {
    await connection.close()
    await engine.close()
    server.closeAllConnections()
    server.close()
  }
})

describe('what a caller sees', () => {
  test('a card that the protocol’s own client understands, and a task it can run', async () => {
    const { url } = await agentThat(async (_turn, writer) => {
      writer.text('hello ')
      writer.text('world')
      writer.complete({ text: 'done' })
    })
    const client = await new ClientFactory().createFromUrl(`${url}/`)
    const result = await client.sendMessage({
      tenant: '',
      metadata: undefined,
      configuration: undefined,
      message: {
        messageId: 'm1',
        role: 1,
        parts: [{ content: { $case: 'text', value: 'hi' }, metadata: undefined, filename: '', mediaType: '' }],
        contextId: '',
        taskId: '',
        metadata: undefined,
        extensions: [],
        referenceTaskIds: [],
      },
    })
    expect(result).toMatchObject({ status: { state: 3 }, artifacts: [{ artifactId: 'answer', parts: [{ content: { $case: 'text', value: 'hello world' } }] }] })
  })

  test('a stream begins with the task, tells everything in order, and ends with the task', async () => {
    const { connection } = await agentThat(async (_turn, writer) => {
      writer.working('thinking')
      writer.text('one ')
      writer.text('two')
      writer.artifact({ name: 'facts', parts: [{ kind: 'data', data: { n: 1 } }] })
    })
    const events = await collect(connection.stream({ parts: [{ kind: 'text', text: 'go' }] }, call()))
    expect(events.map(({ type }) => type)).toEqual(['task', 'status', 'artifact', 'artifact', 'artifact', 'status'])
    expect(events.at(-1)).toMatchObject({ type: 'status', status: { state: 'completed' } })
  })

  test('a client that disconnects changes nothing about the task', async () => {
    const go = Promise.withResolvers<void>()
    const { connection } = await agentThat(async (_turn, writer) => {
      writer.text('half ')
      await go.promise
      writer.text('whole')
    })
    let id = ''
    for await (const event of connection.stream({ parts: [{ kind: 'text', text: 'go' }] }, call())) {
      if (event.type === 'task') id = event.task.id
      if (event.type === 'artifact') break
    }
    go.resolve()
    const task = await eventually('the task completes', async () => ended(await connection.getTask(id, call())))
    expect(task.status.state).toBe('completed')
    expect(textOf(task.artifacts[0]?.parts ?? [])).toBe('half whole')
  })

  test('two messages to one task are worked on one after the other', async () => {
    const order: string[] = []
    const { connection } = await agentThat(async (turn, writer) => {
      const text = textOf(turn.message.parts)
      order.push(`begin ${text}`)
      await Promise.resolve()
      order.push(`end ${text}`)
      if (text === 'c') writer.complete()
      else writer.inputRequired('more?')
    })
    const first = (await connection.send({ parts: [{ kind: 'text', text: 'a' }] }, call())) as Task
    await Promise.all(['b', 'c'].map((text) => connection.send({ parts: [{ kind: 'text', text }], taskId: first.id }, call())))
    expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c'])
  })

  test('canceling stops the work and is answered the same way twice', async () => {
    const aborted = Promise.withResolvers<void>()
    const { connection } = await agentThat(async (turn) => {
      await once(turn.signal, 'abort')
      aborted.resolve()
    })
    const stream = connection.stream({ parts: [{ kind: 'text', text: 'go' }] }, call())[Symbol.asyncIterator]()
    const { value } = (await stream.next()) as { value: { task: Task } }
    expect((await connection.cancelTask(value.task.id, call())).status.state).toBe('canceled')
    await aborted.promise
    expect((await connection.cancelTask(value.task.id, call())).status.state).toBe('canceled')
    expect((await stream.next()).value).toMatchObject({ type: 'status', status: { state: 'canceled' } })
    expect((await stream.next()).done).toBe(true)
  })

  test('canceling a task that idles in input-required ends it', async () => {
    const { connection } = await agentThat(async (_turn, writer) => writer.inputRequired('what?'))
    const task = (await connection.send({ parts: [{ kind: 'text', text: 'go' }] }, call())) as Task
    expect(task.status.state).toBe('input-required')
    expect((await connection.cancelTask(task.id, call())).status.state).toBe('canceled')
    expect(await codeOf(connection.send({ parts: [{ kind: 'text', text: 'late' }], taskId: task.id }, call()))).toBe('conflict')
  })

  test('a subscriber gets the task so far and then every event once, however late it comes', async () => {
    const steps = Array.from({ length: 20 }, () => Promise.withResolvers<void>())
    const { connection } = await agentThat(async (_turn, writer) => {
      for (const [index, step] of steps.entries()) {
        await step.promise
        writer.artifact({ artifactId: 'a', parts: [{ kind: 'text', text: `${index} ` }] }, { append: index > 0 })
      }
    })
    const whole = steps.map((_, index) => `${index} `).join('')
    const first = readText(connection.stream({ parts: [{ kind: 'text', text: 'go' }] }, call()))
    const id = await first.id
    const others: Promise<string>[] = []
    for (const step of steps.slice(0, -1)) {
      const other = readText(connection.subscribe(id, call()))
      others.push(other.text)
      step.resolve()
      await other.id
    }
    steps.at(-1)?.resolve()
    expect(await first.text).toBe(whole)
    for (const text of await Promise.all(others)) expect(text).toBe(whole)
  })

  test('an agent’s own error arrives with its code; what it did not foresee arrives as nothing but that', async () => {
    const known = await agentThat(() => Promise.reject(new AppError('upstream_timeout', 'The model was slow.')))
    const task = (await known.connection.send({ parts: [{ kind: 'text', text: 'go' }] }, call())) as Task
    expect(task.status).toMatchObject({ state: 'failed', message: { parts: [{ text: 'The model was slow.' }] } })

    const unknown = await agentThat(() => Promise.reject(new Error('password=swordfish')))
    const failed = (await unknown.connection.send({ parts: [{ kind: 'text', text: 'go' }] }, call())) as Task
    expect(failed.status.state).toBe('failed')
    expect(JSON.stringify(failed)).not.toContain('swordfish')
  })

  test('another owner’s task is not found, by any door', async () => {
    const { connection } = await agentThat(async (_turn, writer) => writer.complete(), { token: 'a-token-of-some-length' })
    const task = (await connection.send({ parts: [{ kind: 'text', text: 'go' }] }, call({ owner: 'alice' }))) as Task
    expect(await codeOf(connection.getTask(task.id, call({ owner: 'bob' })))).toBe('not_found')
    expect(await codeOf(connection.cancelTask(task.id, call({ owner: 'bob' })))).toBe('not_found')
    expect((await connection.listTasks({}, call({ owner: 'bob' }))).tasks).toEqual([])
    expect((await connection.listTasks({}, call({ owner: 'alice' }))).tasks).toHaveLength(1)
  })

  test('a request repeated under its idempotency key gets the same task; another under the same key is refused', async () => {
    const { connection } = await agentThat(async (_turn, writer) => writer.complete())
    const send = (text: string) => connection.send({ parts: [{ kind: 'text', text }] }, call({ idempotencyKey: 'k1' }))
    const first = (await send('go')) as Task
    expect(((await send('go')) as Task).id).toBe(first.id)
    expect(await codeOf(send('other'))).toBe('idempotency_mismatch')
  })

  test('pages of tasks hold each task once', async () => {
    const { connection } = await agentThat(async (_turn, writer) => writer.complete())
    for (let index = 0; index < 7; index += 1) await connection.send({ parts: [{ kind: 'text', text: String(index) }] }, call())
    const ids: string[] = []
    let pageToken: string | undefined
    do {
      const page = await connection.listTasks({ pageSize: 3, ...(pageToken && { pageToken }) }, call())
      ids.push(...page.tasks.map(({ id }) => id))
      expect(page.totalSize).toBe(7)
      pageToken = page.nextPageToken
    } while (pageToken)
    expect(new Set(ids).size).toBe(7)
  })

  test('1,600 pieces of text are told in time that grows with their number, and kept as one part', async () => {
    const { connection } = await agentThat(async (_turn, writer) => {
      for (let index = 0; index < 1_600; index += 1) writer.artifact({ artifactId: 'a', parts: [{ kind: 'text', text: 'x' }] }, { append: index > 0 })
    })
    const events = await collect(connection.stream({ parts: [{ kind: 'text', text: 'go' }] }, call()))
    const id = (events[0] as { task: Task }).task.id
    const task = await connection.getTask(id, call())
    expect(task.artifacts[0]?.parts).toHaveLength(1)
    expect(textOf(task.artifacts[0]?.parts ?? [])).toHaveLength(1_600)
  })
})

describe('what the door refuses', () => {
  const good = { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text: 'hi' }] } } }
  const cases: [string, unknown, number][] = [
    ['a role of no one', { ...good, params: { message: { ...good.params.message, role: 'wizard' } } }, -32602],
    ['parts that are no list', { ...good, params: { message: { ...good.params.message, parts: 'nope' } } }, -32602],
    ['a message of no parts', { ...good, params: { message: { ...good.params.message, parts: [] } } }, -32602],
    ['parts of the old protocol', { ...good, params: { message: { ...good.params.message, parts: [{ kind: 'text' }] } } }, -32602],
    ['a flag that is a word', { ...good, params: { ...good.params, configuration: { returnImmediately: 'false' } } }, -32602],
    ['an unknown method', { ...good, method: 'Dance' }, -32601],
    ['something that is no request', { hello: 1 }, -32600],
    ['a batch', [good], -32600],
    ['a task that is not there', { ...good, method: 'GetTask', params: { id: 'nope' } }, -32001],
    ['a push configuration', { ...good, method: 'CreateTaskPushNotificationConfig', params: {} }, -32003],
  ]
  test.each(cases)('%s', async (_name, body, code) => {
    const { url } = await agentThat(async (_turn, writer) => writer.complete())
    const answer = await post(url, JSON.stringify(body))
    expect(answer.body).toMatchObject({ jsonrpc: '2.0', error: { code } })
    expect((answer.body as { error: { data: object[] } }).error.data[0]).toMatchObject({ '@type': 'type.googleapis.com/google.rpc.ErrorInfo' })
  })

  test('text that is no JSON, and JSON nested ten thousand deep', async () => {
    const { url } = await agentThat(async (_turn, writer) => writer.complete())
    expect((await post(url, '{')).body).toMatchObject({ error: { code: -32700 } })
    expect((await post(url, '['.repeat(10_000) + ']'.repeat(10_000))).body).toMatchObject({ error: { code: -32602 } })
  })

  test('a protocol version that it does not speak, while a patch of its own is fine', async () => {
    const { url } = await agentThat(async (_turn, writer) => writer.complete())
    expect((await post(url, JSON.stringify(good), { 'a2a-version': '0.3' })).body).toMatchObject({ error: { code: -32009 } })
    expect((await post(url, JSON.stringify(good), { 'a2a-version': '1.0.1' })).body).toMatchObject({ result: { task: {} } })
  })

  test('a call without the service token, with the way to do better', async () => {
    const { url } = await agentThat(async (_turn, writer) => writer.complete(), { token: 'a-token-of-some-length' })
    const answer = await post(url, JSON.stringify(good))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect((await fetch(`${url}/.well-known/agent-card.json`)).status).toBe(200)
  })
})

describe('what a caller survives', () => {
  test('an agent that is not there', async () => {
    const connection = connectAgent({ url: 'http://127.0.0.1:9', telemetry })
    const error = await connection.card({ signal: AbortSignal.timeout(5_000) }).catch((fault: unknown) => fault)
    expect(error).toMatchObject({ code: 'agent_unavailable', retryable: true })
    await connection.close()
  })

  test('an agent that falls silent, and one that takes too long', async () => {
    const { connection } = await agentThat((turn) => once(turn.signal, 'abort').then(() => undefined))
    expect(await codeOf(collect(connection.stream({ parts: [{ kind: 'text', text: 'go' }] }, call({ idleMs: 50 }))))).toBe('upstream_timeout')
    expect(await codeOf(connection.send({ parts: [{ kind: 'text', text: 'go' }] }, call({ deadlineMs: 50 })))).toBe('deadline_exceeded')
    expect(await codeOf(connection.send({ parts: [{ kind: 'text', text: 'go' }] }, { signal: AbortSignal.abort() }))).toBe('canceled')
  })

  test('a connection cut in the middle: the stream goes on, nothing twice, nothing left out', async () => {
    const steps = Array.from({ length: 6 }, () => Promise.withResolvers<void>())
    const agent = await agentThat(async (_turn, writer) => {
      for (const [index, step] of steps.entries()) {
        await step.promise
        writer.artifact({ artifactId: 'a', parts: [{ kind: 'text', text: `${index} ` }] }, { append: index > 0 })
      }
    })
    let text = ''
    let pieces = 0
    steps[0]?.resolve()
    for await (const event of agent.connection.stream({ parts: [{ kind: 'text', text: 'go' }] }, call())) {
      if (event.type !== 'artifact') continue
      text += textOf(event.artifact.parts)
      pieces += 1
      if (pieces === 2) agent.server.closeAllConnections()
      steps[pieces]?.resolve()
    }
    expect(text).toBe('0 1 2 3 4 5 ')
  })

  test('a card that points somewhere else is not followed', async () => {
    const server = createServer((_request, response) => {
      const card = { name: 'x', supportedInterfaces: [{ url: 'http://169.254.169.254/', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(card))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const connection = connectAgent({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: 'secret-token-here', telemetry })
    expect(await codeOf(connection.send({ parts: [{ kind: 'text', text: 'go' }] }, call()))).toBe('upstream_invalid')
    await connection.close()
    server.close()
  })
})

async function agentThat(execute: (turn: Turn, writer: TaskWriter) => Promise<void>, options: { token?: string } = {}) {
  const engine = createTaskEngine({ executor: { execute }, telemetry })
  const app = new Hono({ strict: false }).onError(renderA2AError)
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const card = {
    name: 'test',
    description: 'An agent under test',
    version: '1.0.0',
    skills: [{ id: 's', name: 'S', description: 'Does it', tags: ['t'] }],
    extensions: [],
    streaming: true,
  }
  mountAgent(app, { card, publicUrl: () => url, tasks: engine, telemetry, token: options.token })
  const connection = connectAgent({ url, token: options.token, telemetry })
  running.push({ server, engine, connection })
  return { url, server, engine, connection }
}

function call(options: { owner?: string; idempotencyKey?: string; idleMs?: number; deadlineMs?: number } = {}) {
  return { signal: AbortSignal.timeout(10_000), ...options }
}

async function collect(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const all: StreamEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

function readText(events: AsyncIterable<StreamEvent>): { id: Promise<string>; text: Promise<string> } {
  const id = Promise.withResolvers<string>()
  const read = async (): Promise<string> => {
    let text = ''
    for await (const event of events) {
      if (event.type === 'task') {
        text = textOf(event.task.artifacts[0]?.parts ?? [])
        id.resolve(event.task.id)
      }
      if (event.type === 'artifact') text += textOf(event.artifact.parts)
    }
    return text
  }
  return { id: id.promise, text: read() }
}

function ended(task: Task): Task | undefined {
  return ['completed', 'failed', 'canceled'].includes(task.status.state) ? task : undefined
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'no error'> {
  return work.then(
    () => 'no error' as const,
    (error: AppError) => error.code,
  )
}

async function post(url: string, body: string, headers: Record<string, string> = { 'a2a-version': '1.0' }) {
  const response = await fetch(`${url}/`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
  return { status: response.status, headers: response.headers, body: await response.json() }
}
