import { once } from 'node:events'
import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http'

import { eventually } from '@signalbox/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { HELLO, KEY } from './fixtures/gateway.ts'
import { startResponses, type ResponsesWorld } from './fixtures/responses.ts'
import { sayCompletion, sayStream } from './fixtures/upstream.ts'

const ASK = { model: 'signalbox-simple', input: 'hello', stream: true }

const FIRST_WORDS = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
const LAST_WORDS = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
const RESPONSE = {
  ...{ id: 'resp_68aa', object: 'response', created_at: 1, status: 'completed', error: null, incomplete_details: null, instructions: null, metadata: {} },
  ...{ model: 'test-model', output: [], parallel_tool_calls: true, tool_choice: 'auto', tools: [], temperature: 1, top_p: 1 },
}
const toEvent = (type: string, number: number) => `event: ${type}\ndata: ${JSON.stringify({ type, response: RESPONSE, sequence_number: number })}\n\n`
const CREATED = toEvent('response.created', 0)
const COMPLETED = CREATED + toEvent('response.completed', 1)

let world: ResponsesWorld
let agent: Agent

beforeEach(async () => {
  world = await startResponses()
  agent = new Agent({ keepAlive: true, maxSockets: 1 })
})
afterEach(async () => {
  agent.destroy()
  await world[Symbol.asyncDispose]()
})

describe('connections', () => {
  test('one connection of a caller’s serves streamed responses one after the other, and one of the model’s too', async () => {
    const ports: (number | undefined)[] = []
    world.answer = (response) => {
      ports.push(response.socket?.remotePort)
      sayStream(response)
    }
    const first = await ask(ASK)
    const second = await ask(ASK)
    expect(first.text).toContain('event: response.completed')
    expect(second.text).toContain('event: response.completed')
    expect(second.port).toBe(first.port)
    expect(first.connection).not.toBe('close')
    expect(ports).toHaveLength(2)
    expect(new Set(ports).size).toBe(1)
  })

  test('a model that ends its reply a while after its last word keeps its connection too', async () => {
    const ports: (number | undefined)[] = []
    let end = (): void => undefined
    world.answer = (response) => {
      ports.push(response.socket?.remotePort)
      end = () => void response.end()
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(LAST_WORDS)
    }
    for (let asked = 0; asked < 3; asked++) {
      expect((await ask(ASK)).text).toContain('event: response.completed')
      end()
      await eventually('the call is over', async () => (await metricOf(world, 'signalbox_upstream_calls\\{state="active"\\}')) === 0)
    }
    expect(new Set(ports).size).toBe(1)
  })

  test('a model that goes on talking after its last word is hung up on, and its caller has its answer meanwhile', async () => {
    const closed: Promise<unknown>[] = []
    world.answer = (response, taken) => {
      closed.push(taken.closed)
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`${LAST_WORDS}${': more\n'.repeat(20_000)}`)
    }
    expect((await ask(ASK)).text).toContain('event: response.completed')
    await Promise.all(closed)
  })
})

describe.each(['translate', 'passthrough'])('with LLM_RESPONSES=%s the model is called as for a chat', (mode) => {
  const say = (response: ServerResponse): unknown => (mode === 'translate' ? sayCompletion(response) : sayJson(response, 200, RESPONSE))

  test('a connection that breaks before a reply has begun, and a "not now, but soon", are tried again', async () => {
    await using other = await startResponses({ environment: { LLM_RESPONSES: mode } })
    const faults = [
      (response: ServerResponse) => response.destroy(),
      (response: ServerResponse) => sayJson(response, 503, { error: { message: 'busy' } }, { 'retry-after-ms': '1' }),
      say,
    ]
    other.answer = (response) => faults.shift()?.(response)
    expect((await other.ask('POST', '/responses', { ...ASK, stream: false })).status).toBe(200)
    expect(other.upstream.taken).toHaveLength(3)
    expect(await metricOf(other, 'signalbox_upstream_retries_total\\{reason="connection"\\}')).toBe(1)
    expect(await metricOf(other, 'signalbox_upstream_retries_total\\{reason="status"\\}')).toBe(1)
  })

  test('it stands in one line with chats, and whoever finds it full is told to come back', async () => {
    await using other = await startResponses({ environment: { LLM_RESPONSES: mode, UPSTREAM_CONNECTIONS: '1', UPSTREAM_QUEUE: '0' } })
    const hold = Promise.withResolvers<void>()
    other.answer = async (response, { path }) => {
      if (path !== '/v1/chat/completions') return say(response)
      await hold.promise
      sayCompletion(response)
    }
    const chat = other.gateway.chat(HELLO)
    await eventually('the chat has the connection', () => other.upstream.taken.length === 1)
    const refused = await other.ask('POST', '/responses', { ...ASK, stream: false })
    expect(refused).toMatchObject({ status: 503, body: { error: { message: expect.stringContaining('Too many requests') as string } } })
    expect(refused.headers.get('retry-after')).toBe('1')
    hold.resolve()
    expect((await chat).status).toBe(200)
    expect((await other.ask('POST', '/responses', { ...ASK, stream: false })).status).toBe(200)
  })

  test('a stream whose first call is slow to answer is hedged, and the second answer is the one', async () => {
    await using other = await startResponses({ environment: { LLM_RESPONSES: mode, UPSTREAM_HEDGE_AFTER_MS: '20' } })
    other.answer = (response) => {
      if (other.upstream.taken.length === 2) sayStream(response, mode === 'translate' ? LAST_WORDS : COMPLETED)
    }
    const events = await other.stream('POST', '/responses', ASK)
    expect(events.at(-1)).toMatchObject({ type: 'response.completed' })
    await other.upstream.taken[0]?.closed
    expect(await metricOf(other, 'signalbox_upstream_hedges_total\\{outcome="won"\\}')).toBe(1)
  })

  test('an endpoint that falls silent in the middle is given up', async () => {
    await using other = await startResponses({ environment: { LLM_RESPONSES: mode, UPSTREAM_IDLE_TIMEOUT_MS: '50' } })
    other.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(mode === 'translate' ? FIRST_WORDS : CREATED)
    const events = await other.stream('POST', '/responses', ASK)
    expect(events.at(-1)?.type).toBe(mode === 'translate' ? 'response.failed' : 'error')
    await other.upstream.taken[0]?.closed
  })
})

test('what is made in the background at the endpoint has no second call, which would go on by itself', async () => {
  await using other = await startResponses({ environment: { LLM_RESPONSES: 'passthrough', UPSTREAM_HEDGE_AFTER_MS: '10' } })
  const hold = Promise.withResolvers<void>()
  other.answer = async (response) => {
    await hold.promise
    sayStream(response, COMPLETED)
  }
  const background = other.stream('POST', '/responses', { ...ASK, background: true })
  await eventually('it is asked', () => other.upstream.taken.length === 1)
  const foreground = other.stream('POST', '/responses', ASK)
  await eventually('the other is hedged', () => other.upstream.taken.length === 3)
  hold.resolve()
  await Promise.all([background, foreground])
  expect(other.upstream.taken.filter(({ body }) => body.includes('"background":true'))).toHaveLength(1)
})

/** Asks over the one connection that there is, and reads the answer to its end. */
async function ask(body: object): Promise<{ text: string; port: number | undefined; connection: string | undefined }> {
  const asking = request(`${world.gateway.url}/v1/responses`, {
    agent,
    method: 'POST',
    headers: { 'authorization': `Bearer ${KEY}`, 'content-type': 'application/json' },
  })
  asking.end(JSON.stringify(body))
  const [reply] = (await once(asking, 'response')) as [IncomingMessage]
  const port = reply.socket.localPort
  let text = ''
  for await (const piece of reply) text += String(piece)
  return { text, port, connection: reply.headers.connection }
}

function sayJson(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

async function metricOf({ gateway }: ResponsesWorld, name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(await gateway.metrics())?.[1] ?? 0)
}
