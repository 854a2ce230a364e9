import type { ServerResponse } from 'node:http'

import { eventually } from '@signalbox/testing'
import { BadRequestError, NotFoundError } from 'openai'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { BOBS_KEY, startResponses, type ResponsesWorld } from './fixtures/responses.ts'
import { sayCompletion, type TakenRequest } from './fixtures/upstream.ts'

const ASK = { model: 'signalbox-simple', input: 'hello' }
const ID = 'resp_68aa00000000000000000000000000000000000000000001'
const MESSAGE = {
  type: 'message',
  id: 'msg_upstream_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }],
}
const REASONING = { type: 'reasoning', id: 'rs_upstream_1', summary: [] }
const RESPONSE = {
  id: ID,
  object: 'response',
  created_at: 1,
  status: 'completed',
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  model: 'test-model',
  output: [REASONING, MESSAGE],
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  temperature: 1,
  top_p: 1,
}
const STREAM = [
  { type: 'response.created', response: { ...RESPONSE, status: 'in_progress', output: [] } },
  { type: 'response.in_progress', response: { ...RESPONSE, status: 'in_progress', output: [] } },
  { type: 'response.output_item.added', output_index: 0, item: { ...MESSAGE, status: 'in_progress', content: [] } },
  { type: 'response.output_item.done', output_index: 0, item: MESSAGE },
  { type: 'response.completed', response: RESPONSE },
]
const BYTES = STREAM.map((event, index) => `event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number: index })}\n\n`).join('')

let world: ResponsesWorld

beforeEach(async () => {
  world = await startResponses({ isOurs: false, environment: { LLM_RESPONSES: 'passthrough' } })
  world.answer = (response, request) =>
    sayJson(response, request.path.endsWith('/input_items') ? { object: 'list', data: [], has_more: false, first_id: '', last_id: '' } : RESPONSE)
})
afterEach(() => world[Symbol.asyncDispose]())

const taken = (index = -1): TakenRequest => world.upstream.taken.at(index) as TakenRequest

test.each(['msg_up', `msg_${'5'.repeat(50)}`])('a reference to an item that the endpoint keeps is left to it, whatever its id looks like: %s', async (id) => {
  const { status } = await world.ask('POST', '/responses', {
    ...ASK,
    input: [
      { type: 'item_reference', id },
      { role: 'user', content: 'and?' },
    ],
  })
  expect(status).toBe(200)
  expect(JSON.parse(taken().body.toString())).toMatchObject({ input: [{ type: 'item_reference', id }, { role: 'user' }] })
})

test('a request goes to the endpoint’s own responses as it came, but for the alias', async () => {
  const body = '{ "model": "signalbox-simple", "input": "hello", "tools": [{"type":"web_search"}], "unknown": 1.50 }'
  const { status, body: said } = await world.ask('POST', '/responses', body)
  expect(status).toBe(200)
  expect(said).toEqual(RESPONSE)
  expect(taken().path).toBe('/v1/responses')
  expect(String(taken().body)).toBe(body.replace('signalbox-simple', 'test-model'))
})

test('a stream comes back byte for byte', async () => {
  world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'up-2' }).end(BYTES)
  const response = await fetch(`${world.gateway.url}/v1/responses`, {
    method: 'POST',
    headers: { 'authorization': 'Bearer sbx_test_key', 'content-type': 'application/json' },
    body: JSON.stringify({ ...ASK, stream: true }),
  })
  expect(await response.text()).toBe(BYTES)
  expect(response.headers.get('x-upstream-request-id')).toBe('up-2')
  expect((await world.client.responses.stream(ASK).finalResponse()).output_text).toBe('Hello')
})

test('a stream that breaks off ends with an error', async () => {
  world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(BYTES.slice(0, BYTES.indexOf('event: response.completed')))
  const events = await world.stream('POST', '/responses', { ...ASK, stream: true })
  expect(events.at(-1)).toMatchObject({ type: 'error', code: 'upstream_failed' })
})

test('what the endpoint keeps can be asked for, cancelled and deleted, by whoever made it', async () => {
  await world.client.responses.create(ASK)
  expect(await world.client.responses.retrieve(ID, { include: ['reasoning.encrypted_content'] })).toMatchObject({ id: ID, output_text: 'Hello' })
  expect(taken().path).toBe(`/v1/responses/${ID}?include[]=reasoning.encrypted_content`.replaceAll('[', '%5B').replaceAll(']', '%5D'))
  await world.client.responses.inputItems.list(ID, { limit: 3 })
  expect(taken().path).toBe(`/v1/responses/${ID}/input_items?limit=3`)
  await world.client.responses.cancel(ID)
  expect(taken().path).toBe(`/v1/responses/${ID}/cancel`)
  const asked = world.upstream.taken.length
  const bob = world.clientOf(BOBS_KEY).responses
  for (const ask of [() => bob.retrieve(ID), () => bob.cancel(ID), () => bob.delete(ID), () => bob.inputItems.list(ID)])
    await expect(ask()).rejects.toThrow(NotFoundError)
  await expect(bob.create({ ...ASK, previous_response_id: ID })).rejects.toThrow(BadRequestError)
  expect(world.upstream.taken).toHaveLength(asked)
  await world.client.responses.delete(ID)
  await expect(world.client.responses.retrieve(ID)).rejects.toThrow(NotFoundError)
})

test('the owner of a streamed response is known before its end', async () => {
  const hold = Promise.withResolvers<void>()
  world.answer = async (response, { path }) => {
    if (path !== '/v1/responses') return sayJson(response, RESPONSE)
    const half = BYTES.indexOf('event: response.output_item.added')
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(BYTES.slice(0, half))
    await hold.promise
    return response.end(BYTES.slice(half))
  }
  const streaming = world.stream('POST', '/responses', { ...ASK, stream: true })
  await eventually('it can be asked for', async () => (await world.ask('GET', `/responses/${ID}`)).status === 200)
  hold.resolve()
  expect(await streaming).toHaveLength(STREAM.length)
})

test('what follows a response that the endpoint keeps is told by its id alone', async () => {
  await world.client.responses.create(ASK)
  await world.client.responses.create({ ...ASK, input: 'again', previous_response_id: ID })
  expect(JSON.parse(String(taken().body))).toEqual({ model: 'test-model', input: 'again', previous_response_id: ID })
})

describe('whose ids are', () => {
  const refer = (id: string): object => ({
    ...ASK,
    input: [
      { type: 'item_reference', id },
      { role: 'user', content: 'and?' },
    ],
  })

  test.each(['whole', 'streamed'])('what is known to be somebody else’s is refused as if it were not there, of a response that came %s', async (how) => {
    if (how === 'streamed') world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(BYTES)
    await world.stream('POST', '/responses', { ...ASK, stream: how === 'streamed' })
    const asked = world.upstream.taken.length
    const asBob = { authorization: `Bearer ${BOBS_KEY}` }
    for (const body of [refer('msg_upstream_1'), { ...ASK, input: [{ type: 'reasoning', id: 'rs_upstream_1', summary: [] }] }])
      expect(await world.ask('POST', '/responses', body, asBob)).toMatchObject({
        status: 404,
        body: {
          error: {
            message: expect.stringMatching(/^Item with id '\w+' not found\.$/) as string,
            type: 'invalid_request_error',
            param: 'input[0].id',
            code: null,
          },
        },
      })
    expect(await world.ask('POST', '/responses', { ...ASK, previous_response_id: ID }, asBob)).toMatchObject({
      status: 400,
      body: { error: { code: 'previous_response_not_found' } },
    })
    expect(world.upstream.taken).toHaveLength(asked)
    world.answer = (response) => sayJson(response, RESPONSE)
    expect((await world.ask('POST', '/responses', refer('msg_upstream_1'))).status).toBe(200)
  })

  test('a reference into a session of somebody else’s is refused, and one into one’s own is told', async () => {
    const asked = world.client.responses.create({ model: 'signalbox-orchestrated', input: 'Plan it' })
    const session = await eventually('it began', () => world.session)
    session.say(
      { type: 'answer.delta', node: 'c', agent: 'reasoning', offset: 0, text: 'Planned.' },
      { type: 'session.completed', usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost_usd: null }, citations: [] },
    )
    const { output } = await asked
    const id = output.at(-1)?.id ?? ''
    expect((await world.ask('POST', '/responses', refer(id), { authorization: `Bearer ${BOBS_KEY}` })).status).toBe(404)
    expect(world.upstream.taken).toHaveLength(0)
    expect((await world.ask('POST', '/responses', refer(id))).status).toBe(200)
    expect(JSON.parse(String(taken().body))).toMatchObject({ input: [{ role: 'assistant', content: [{ text: 'Planned.' }] }, {}] })
  })

  test('what nobody here knows is left to the endpoint', async () => {
    const previous_response_id = 'resp_made_elsewhere_1'
    expect((await world.ask('POST', '/responses', { ...ASK, previous_response_id })).status).toBe(200)
    expect(JSON.parse(String(taken().body))).toMatchObject({ previous_response_id })
    // No id of a response leads anywhere else.
    for (const id of ['..', 'resp_1/../../files', 'file_1']) {
      expect(await world.ask('POST', '/responses', { ...ASK, previous_response_id: id })).toMatchObject({ status: 400 })
      expect(world.upstream.taken).toHaveLength(1)
    }
  })

  test('a session that follows what was made elsewhere knows what was said there', async () => {
    world.answer = (response, { path }) =>
      path.includes('/input_items')
        ? sayJson(response, { object: 'list', data: [{ type: 'message', id: 'msg_in', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }] })
        : sayJson(response, { ...RESPONSE, previous_response_id: null })
    const asked = world.client.responses.create({ model: 'signalbox-orchestrated', input: 'Plan it', previous_response_id: 'resp_made_elsewhere_1' })
    const session = await eventually('it began', () => world.session)
    expect(session.message.parts.at(-1)).toMatchObject({ data: { conversation: [{ text: 'hi' }, { text: 'Hello' }, { text: 'Plan it' }] } })
    session.say(
      { type: 'answer.delta', node: 'c', agent: 'reasoning', offset: 0, text: 'Planned.' },
      { type: 'session.completed', usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost_usd: null }, citations: [] },
    )
    await asked
  })
})

test('a session that follows one knows what was said, and one that follows a session does too', async () => {
  await world.client.responses.create(ASK)
  const asked = world.client.responses.create({ model: 'signalbox-orchestrated', input: 'Plan it', previous_response_id: ID })
  const session = await eventually('it began', () => world.session)
  expect(session.message.parts.at(-1)).toMatchObject({
    data: {
      conversation: [
        { role: 'user', text: 'hello' },
        { role: 'assistant', text: 'Hello' },
        { role: 'user', text: 'Plan it' },
      ],
    },
  })
  session.say(
    { type: 'answer.delta', node: 'c', agent: 'reasoning', offset: 0, text: 'Planned.' },
    { type: 'session.completed', usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, cost_usd: null }, citations: [] },
  )
  const planned = await asked
  await world.client.responses.create({ ...ASK, input: 'Shorter', previous_response_id: planned.id })
  const body = JSON.parse(String(taken().body)) as { input: { role: string; content: { text: string }[] }[]; previous_response_id?: string }
  expect(body.previous_response_id).toBeUndefined()
  expect(body.input.map(({ role, content }) => [role, content[0]?.text])).toEqual([
    ['user', 'hello'],
    ['assistant', 'Hello'],
    ['user', 'Plan it'],
    ['assistant', 'Planned.'],
    ['user', 'Shorter'],
  ])
  expect(body.input.every((item) => !('id' in item))).toBe(true)
})

test('an error of the endpoint’s comes as it is', async () => {
  world.answer = (response) =>
    response
      .writeHead(400, { 'content-type': 'application/json' })
      .end('{"error":{"message":"No.","type":"invalid_request_error","param":"input","code":null}}')
  expect(await world.ask('POST', '/responses', ASK)).toMatchObject({ status: 400, body: { error: { message: 'No.', param: 'input' } } })
})

test('when the caller leaves, the endpoint’s call is stopped', async () => {
  world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(BYTES.slice(0, 900))
  await world.stream('POST', '/responses', { ...ASK, stream: true }, 1)
  await taken().closed
})

test('what is said in a conversation is kept here, and made of the endpoint’s chat', async () => {
  const { id } = await world.client.conversations.create({ items: [{ type: 'message', role: 'user', content: 'I am Ann.' }] })
  world.answer = (response) => sayCompletion(response, 'You are Ann.')
  const response = await world.client.responses.create({ ...ASK, input: 'Who am I?', conversation: id })
  expect(response).toMatchObject({ output_text: 'You are Ann.', conversation: { id } })
  expect(taken().path).toBe('/v1/chat/completions')
  expect(JSON.parse(String(taken().body))).toMatchObject({ messages: [{ content: 'I am Ann.' }, { content: 'Who am I?' }] })
})

function sayJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
