import { eventually } from '@signalbox/testing'
import { BadRequestError, NotFoundError } from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { HELLO } from './fixtures/gateway.ts'
import { openOpenAIDocument } from './fixtures/openai-document.ts'
import { BOBS_KEY, READING_MS, startResponses, type ResponsesWorld, type StreamedEvent } from './fixtures/responses.ts'
import { chunkOf, sayCompletion, sayStream, WHOLE_STREAM } from './fixtures/upstream.ts'

const ASK = { model: 'signalbox-simple', input: 'hello' }
const DONE = 'data: [DONE]\n\n'

let world: ResponsesWorld

beforeAll(() => void openOpenAIDocument(), READING_MS)
beforeEach(async () => {
  world = await startResponses()
})
afterEach(() => world[Symbol.asyncDispose]())

const taken = (index = -1): Record<string, unknown> => JSON.parse(String(world.upstream.taken.at(index)?.body)) as Record<string, unknown>
const typesOf = (events: readonly StreamedEvent[]): string[] => events.map(({ type }) => type)
const USAGE = {
  prompt_tokens: 10,
  completion_tokens: 4,
  total_tokens: 14,
  prompt_tokens_details: { cached_tokens: 3 },
  completion_tokens_details: { reasoning_tokens: 2 },
}
const usageChunk = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [], usage: USAGE })}\n\n`
const callChunk = (index: number, call: object): string => chunkOf({ tool_calls: [{ index, ...call }] })
const WEATHER = { type: 'function' as const, name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: false }

describe('from a model’s chat', () => {
  test('a response is made, and said back as OpenAI says it', async () => {
    const response = await world.client.responses.create({ ...ASK, instructions: 'Be kind.', metadata: { mine: 'yes' }, temperature: 0.5 })
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      output_text: 'Hello',
      model: 'signalbox-simple',
      instructions: 'Be kind.',
      metadata: { mine: 'yes' },
      temperature: 0.5,
      store: true,
      error: null,
    })
    expect(taken()).toEqual({
      model: 'test-model',
      temperature: 0.5,
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'hello' },
      ],
    })
  })

  test('the way that it took stands in the headers, as for a chat', async () => {
    const { headers } = await world.ask('POST', '/responses', ASK)
    expect(headers.get('x-signalbox-route')).toBe('simple')
    expect(headers.get('x-signalbox-route-reason')).toContain('signalbox-simple')
    expect(headers.get('x-upstream-request-id')).toBe('up-1')
    expect(headers.get('x-ratelimit-remaining-requests')).toBe('9')
    expect(headers.get('set-cookie')).toBeNull()
  })

  test('a stream tells every step, numbered, and ends with the whole response', async () => {
    world.answer = (response) =>
      sayStream(
        response,
        chunkOf({ role: 'assistant', content: '' }) +
          chunkOf({ reasoning_content: 'hm' }) +
          chunkOf({ content: 'Hel' }) +
          chunkOf({ content: 'lo' }) +
          chunkOf({}, 'stop') +
          usageChunk +
          DONE,
      )
    const events = await world.stream('POST', '/responses', { ...ASK, stream: true })
    expect(typesOf(events)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ])
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index))
    expect(events.at(-1)).toMatchObject({
      response: {
        status: 'completed',
        output: [
          { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
          { type: 'message', status: 'completed', content: [{ type: 'output_text', text: 'Hello', annotations: [] }] },
        ],
        usage: {
          input_tokens: 10,
          input_tokens_details: { cached_tokens: 3 },
          output_tokens: 4,
          output_tokens_details: { reasoning_tokens: 2 },
          total_tokens: 14,
        },
      },
    })
    expect(taken()).toMatchObject({ stream: true, stream_options: { include_usage: true } })
  })

  test('OpenAI’s stream helper takes it, and ends with the same', async () => {
    world.answer = (response) => sayStream(response)
    const stream = world.client.responses.stream(ASK)
    const deltas: string[] = []
    stream.on('response.output_text.delta', ({ delta }) => deltas.push(delta))
    expect((await stream.finalResponse()).output_text).toBe('Hello')
    expect(deltas).toEqual(['Hel', 'lo'])
  })

  test('a schema is passed on, and what comes back parses', async () => {
    world.answer = (response) => sayCompletion(response, '{"city":"Oslo"}')
    const format = zodTextFormat(z.object({ city: z.string() }), 'place')
    const response = await world.client.responses.parse({ ...ASK, text: { format } })
    expect(response.output_parsed).toEqual({ city: 'Oslo' })
    expect(taken()['response_format']).toMatchObject({ type: 'json_schema', json_schema: { name: 'place', strict: true } })
  })

  test('pictures go to the model as chat has them', async () => {
    const content = [
      { type: 'input_text' as const, text: 'What is it?' },
      { type: 'input_image' as const, image_url: 'data:image/png;base64,AA==', detail: 'low' as const },
    ]
    await world.client.responses.create({ model: 'signalbox-auto', input: [{ role: 'user', content }] })
    expect(taken()['messages']).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
        ],
      },
    ])
  })

  test('an answer cut off by its limit is incomplete, and says why', async () => {
    world.answer = (response) => sayStream(response, chunkOf({ content: 'Hel' }) + chunkOf({}, 'length') + DONE)
    const events = await world.stream('POST', '/responses', { ...ASK, stream: true, max_output_tokens: 16 })
    expect(events.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [{ status: 'incomplete' }] },
    })
    expect(taken()['max_tokens']).toBe(16)
  })

  test('a refusal is a refusal', async () => {
    world.answer = (response) => sayStream(response, chunkOf({ refusal: 'I ' }) + chunkOf({ refusal: 'will not' }) + chunkOf({}, 'stop') + DONE)
    const response = await world.client.responses.stream(ASK).finalResponse()
    expect(response.output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'I will not' }] }])
  })
})

describe('tools', () => {
  test('calls come as items while they are written, and their results go back as chat has them', async () => {
    world.answer = (response) =>
      sayStream(
        response,
        chunkOf({ reasoning_content: 'I need the weather.' }) +
          callChunk(0, { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } }) +
          callChunk(0, { function: { arguments: '{"city":' } }) +
          callChunk(0, { function: { arguments: '"Oslo"}' } }) +
          callChunk(1, { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{}' } }) +
          chunkOf({}, 'tool_calls') +
          DONE,
      )
    const first = await world.client.responses.stream({ ...ASK, tools: [WEATHER] }).finalResponse()
    expect(first.output.slice(1)).toMatchObject([
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Oslo"}', status: 'completed' },
      { type: 'function_call', call_id: 'call_2', name: 'weather', arguments: '{}' },
    ])
    expect(taken()['tools']).toEqual([{ type: 'function', function: { name: 'weather', parameters: WEATHER.parameters, strict: false } }])

    world.answer = (response) => sayCompletion(response, 'Rain.')
    const second = await world.client.responses.create({
      model: 'signalbox-auto',
      previous_response_id: first.id,
      tools: [WEATHER],
      input: [
        { type: 'function_call_output', call_id: 'call_1', output: 'rain' },
        { type: 'function_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'unknown' }] },
      ],
    })
    expect(second.output_text).toBe('Rain.')
    expect(taken()['messages']).toEqual([
      { role: 'user', content: 'hello' },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'I need the weather.',
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
          { id: 'call_2', type: 'function', function: { name: 'weather', arguments: '{}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
      { role: 'tool', tool_call_id: 'call_2', content: 'unknown' },
    ])
  })

  test('tools that only OpenAI has are refused by name where the endpoint has none', async () => {
    const { status, body } = await world.ask('POST', '/responses', { ...ASK, tools: [{ type: 'web_search' }] })
    expect(status).toBe(400)
    expect(body).toMatchObject({ error: { param: 'tools[0].type', code: 'unsupported_value', type: 'invalid_request_error' } })
    expect(world.upstream.taken).toHaveLength(0)
  })
})

describe('a conversation', () => {
  test('goes on from response to response, with new instructions each time', async () => {
    const first = await world.client.responses.create({ ...ASK, instructions: 'Speak French.' })
    const second = await world.client.responses.create({ ...ASK, input: 'and now?', previous_response_id: first.id })
    await world.client.responses.create({ ...ASK, input: [{ role: 'user', content: 'still?' }], previous_response_id: second.id, instructions: 'Be brief.' })
    expect(taken()['messages']).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'and now?' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'still?' },
    ])
  })

  test('an item is named by its id instead of being said again', async () => {
    const first = await world.client.responses.create(ASK)
    const item = first.output[0]?.id ?? ''
    await world.client.responses.create({
      ...ASK,
      input: [
        { role: 'user', content: 'hello' },
        { type: 'item_reference', id: item },
        { role: 'user', content: 'again' },
      ],
    })
    expect(taken()['messages']).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'again' },
    ])
    const foreign = { ...ASK, input: [{ type: 'item_reference', id: item }] }
    const refused = await world.ask('POST', '/responses', foreign, { authorization: `Bearer ${BOBS_KEY}` })
    expect(refused).toMatchObject({ status: 404, body: { error: { message: `Item with id '${item}' not found.`, param: 'input[0].id' } } })
  })

  test('a response that is not there is said so in OpenAI’s words, and so is somebody else’s', async () => {
    const { id } = await world.client.responses.create(ASK)
    const gone = {
      error: {
        message: `Previous response with id 'resp_x' not found.`,
        type: 'invalid_request_error',
        param: 'previous_response_id',
        code: 'previous_response_not_found',
      },
    }
    expect(await world.ask('POST', '/responses', { ...ASK, previous_response_id: 'resp_x' })).toMatchObject({ status: 400, body: gone })
    await expect(world.clientOf(BOBS_KEY).responses.create({ ...ASK, previous_response_id: id })).rejects.toThrow(BadRequestError)
  })

  test('what was not to be stored cannot be asked for or gone on with', async () => {
    const response = await world.client.responses.create({ ...ASK, store: false })
    expect(response).toMatchObject({ store: false })
    const { id } = response
    await expect(world.client.responses.retrieve(id)).rejects.toThrow(`Response with id '${id}' not found.`)
    await expect(world.client.responses.create({ ...ASK, previous_response_id: id })).rejects.toMatchObject({ code: 'previous_response_not_found' })
  })
})

describe('a stored response', () => {
  test('can be asked for, by whoever made it', async () => {
    const made = await world.client.responses.create(ASK)
    expect(await world.client.responses.retrieve(made.id)).toEqual(made)
    await expect(world.clientOf(BOBS_KEY).responses.retrieve(made.id)).rejects.toThrow(NotFoundError)
  })

  test('is there for another gateway on the same store', async () => {
    const made = await world.client.responses.create(ASK)
    await using other = await world.another()
    expect(await other.client.responses.retrieve(made.id)).toEqual(made)
  })

  test('can be deleted, once', async () => {
    const { id } = await world.client.responses.create(ASK)
    await expect(world.clientOf(BOBS_KEY).responses.delete(id)).rejects.toThrow(NotFoundError)
    expect(await world.ask('DELETE', `/responses/${id}`)).toMatchObject({ status: 200, body: { id, object: 'response', deleted: true } })
    await expect(world.client.responses.delete(id)).rejects.toThrow(NotFoundError)
    await expect(world.client.responses.retrieve(id)).rejects.toThrow(NotFoundError)
  })

  test('says what was put in, page by page', async () => {
    const input = Array.from({ length: 5 }, (_, index) => ({ role: 'user' as const, content: `line ${index}` }))
    const { id } = await world.client.responses.create({ ...ASK, input })
    const newest: string[] = []
    for await (const item of world.client.responses.inputItems.list(id, { limit: 2 })) newest.push(JSON.stringify(item))
    expect(newest.map((item) => /line \d/.exec(item)?.[0])).toEqual(['line 4', 'line 3', 'line 2', 'line 1', 'line 0'])
    const page = await world.client.responses.inputItems.list(id, { order: 'asc', limit: 3 })
    expect(page.data).toMatchObject([{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'line 0' }] }, {}, {}])
    expect(page.has_more).toBe(true)
    expect(await world.ask('GET', `/responses/${id}/input_items?limit=101`)).toMatchObject({ status: 400, body: { error: { param: 'limit' } } })
  })

  test('one that was waited for is neither cancelled nor streamed again', async () => {
    const { id } = await world.client.responses.create(ASK)
    expect(await world.ask('POST', `/responses/${id}/cancel`)).toMatchObject({
      status: 400,
      body: { error: { message: 'Cannot cancel a synchronous response.' } },
    })
    expect(await world.ask('GET', `/responses/${id}?stream=true`)).toMatchObject({ status: 400, body: { error: { param: 'stream' } } })
  })
})

describe('in the background', () => {
  test('what the model answers with in the place of a chat is let go of, and holds no connection', async () => {
    world.answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      const writing = setInterval(() => response.write('x'.repeat(200_000)), 1)
      response.once('close', () => clearInterval(writing))
    }
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    await eventually('it has failed', async () => (await world.client.responses.retrieve(id)).status === 'failed')
    await world.upstream.taken[0]?.closed
    await eventually('no call is under way', async () => /signalbox_upstream_calls\{state="active"\} 0\b/.test(await world.gateway.metrics()))
  })

  test('a response is queued at once, made while nobody waits, and there when it is asked for', async () => {
    const hold = Promise.withResolvers<void>()
    world.answer = async (response) => {
      await hold.promise
      sayStream(response)
    }
    const queued = await world.client.responses.create({ ...ASK, background: true })
    expect(queued).toMatchObject({ status: 'queued', background: true, output: [] })
    expect((await world.client.responses.retrieve(queued.id)).status).toBe('in_progress')
    hold.resolve()
    await eventually('it is made', async () => (await world.client.responses.retrieve(queued.id)).status === 'completed')
    expect((await world.client.responses.retrieve(queued.id)).output_text).toBe('Hello')
  })

  test('its stream can be taken up again where it broke off: nothing twice, nothing lost', async () => {
    const hold = Promise.withResolvers<void>()
    world.answer = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
      await hold.promise
      response.end(chunkOf({ content: 'lo' }) + chunkOf({}, 'stop') + DONE)
    }
    const seen = await world.stream('POST', '/responses', { ...ASK, background: true, stream: true }, 6)
    const { id } = (seen[0] as unknown as { response: { id: string } }).response
    expect(typesOf(seen).slice(0, 3)).toEqual(['response.created', 'response.queued', 'response.in_progress'])
    const resumed = world.stream('GET', `/responses/${id}?stream=true&starting_after=5`)
    hold.resolve()
    const all = [...seen, ...(await resumed)]
    expect(all.map(({ sequence_number: number }) => number)).toEqual(all.map((_, index) => index))
    expect(all.at(-1)).toMatchObject({ type: 'response.completed', response: { output: [{ content: [{ text: 'Hello' }] }] } })
    // And once more when it is over, from anywhere.
    expect(await world.stream('GET', `/responses/${id}?stream=true`)).toEqual(all)
    expect(await world.stream('GET', `/responses/${id}?stream=true&starting_after=8`)).toEqual(all.slice(9))
    await using other = await world.another()
    expect(await other.stream('GET', `/responses/${id}?stream=true`)).toEqual(all)
    const replayed = await world.client.responses.stream({ response_id: id }).finalResponse()
    expect(replayed.output_text).toBe('Hello')
  })

  test('cancelling stops the model, and can be said twice', async () => {
    world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    await eventually('the model is asked', () => world.upstream.taken.length === 1)
    expect(await world.client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled' })
    await world.upstream.taken[0]?.closed
    expect(await world.client.responses.cancel(id)).toMatchObject({ status: 'cancelled' })
    expect(await world.client.responses.retrieve(id)).toMatchObject({ status: 'cancelled' })
    await expect(world.clientOf(BOBS_KEY).responses.cancel(id)).rejects.toThrow(NotFoundError)
  })

  test('one that another gateway makes can be asked for, streamed and cancelled', async () => {
    const hold = Promise.withResolvers<void>()
    world.answer = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
      await hold.promise
      response.end(chunkOf({}, 'stop') + DONE)
    }
    await using other = await world.another()
    const first = await world.client.responses.create({ ...ASK, background: true })
    expect((await other.client.responses.retrieve(first.id)).status).toBe('in_progress')
    const streaming = other.stream('GET', `/responses/${first.id}?stream=true`)
    hold.resolve()
    expect((await streaming).at(-1)).toMatchObject({ type: 'response.completed' })
    world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
    const second = await world.client.responses.create({ ...ASK, background: true })
    expect(await other.client.responses.cancel(second.id)).toMatchObject({ status: 'cancelled' })
    await world.upstream.taken.at(-1)?.closed
  }, 15_000)

  test('one whose gateway stops before anybody has heard a word is made by another', async () => {
    world.answer = (response) =>
      world.upstream.taken.length === 1
        ? response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
        : sayStream(response)
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    await eventually('the model is asked', () => world.upstream.taken.length === 1)
    await using other = await world.another()
    await world.gateway.listening.stop(0)
    const made = await eventually('it is made', async () => {
      const response = await other.client.responses.retrieve(id)
      return response.status === 'completed' ? response : undefined
    })
    expect(made.output_text).toBe('Hello')
    expect(taken(1)).toEqual(taken(0))
  })

  test('one of which a part was streamed when its gateway stops has failed, and says so', async () => {
    world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
    const begun = await world.stream('POST', '/responses', { ...ASK, background: true, stream: true }, 5)
    const { id } = (begun[0] as unknown as { response: { id: string } }).response
    await using other = await world.another()
    await world.gateway.listening.stop(0)
    const failed = await eventually('it failed', async () => {
      const response = await other.client.responses.retrieve(id)
      return response.status === 'failed' ? response : undefined
    })
    expect(failed.error?.message).toContain('stopping')
    expect(world.upstream.taken).toHaveLength(1)
  })

  test('cancelling one that is over leaves it as it is', async () => {
    world.answer = (response) => sayStream(response)
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    await eventually('it is made', async () => (await world.client.responses.retrieve(id)).status === 'completed')
    expect(await world.client.responses.cancel(id)).toMatchObject({ status: 'completed' })
  })

  test('a model that fails is a response that failed, in the model’s words', async () => {
    world.answer = (response) => response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":{"message":"Too long."}}')
    const { id } = await world.client.responses.create({ ...ASK, background: true })
    const failed = await eventually('it failed', async () => {
      const response = await world.client.responses.retrieve(id)
      return response.status === 'failed' ? response : undefined
    })
    expect(failed.error).toEqual({ code: 'server_error', message: 'Too long.' })
  })

  test('the same request sent again is not made twice', async () => {
    world.answer = (response) => sayStream(response)
    const headers = { 'idempotency-key': 'once' }
    const first = await world.ask('POST', '/responses', { ...ASK, background: true }, headers)
    const second = await world.ask('POST', '/responses', { ...ASK, background: true }, headers)
    expect(second.body['id']).toBe(first.body['id'])
    expect(second.headers.get('x-signalbox-deduplicated')).toBe('true')
    await eventually('it is made', async () => (await world.client.responses.retrieve(String(first.body['id']))).status === 'completed')
    expect(world.upstream.taken).toHaveLength(1)
  })

  test('another request under the same key is refused, by every gateway and after a restart', async () => {
    world.answer = (response) => sayStream(response)
    const headers = { 'idempotency-key': 'mine' }
    const first = await world.ask('POST', '/responses', { ...ASK, background: true }, headers)
    await eventually('it is made', async () => (await world.client.responses.retrieve(String(first.body['id']))).status === 'completed')
    await using other = await world.another()
    expect((await other.ask('POST', '/responses', { ...ASK, background: true }, headers)).body).toMatchObject({ id: first.body['id'], status: 'completed' })
    await using third = await world.another()
    expect(await third.ask('POST', '/responses', { ...ASK, input: 'else', background: true }, headers)).toMatchObject({
      status: 422,
      body: { error: { param: 'Idempotency-Key' } },
    })
    expect(world.upstream.taken).toHaveLength(1)
  })

  test('it must be stored', async () => {
    expect(await world.ask('POST', '/responses', { ...ASK, background: true, store: false })).toMatchObject({
      status: 400,
      body: { error: { param: 'store' } },
    })
  })
})

describe('when things go wrong', () => {
  test('an error of the model’s endpoint comes as it is, before anything is streamed', async () => {
    world.answer = (response) =>
      response
        .writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' })
        .end('{"error":{"message":"Slow down.","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}')
    for (const stream of [true, false]) {
      const { status, body, headers } = await world.ask('POST', '/responses', { ...ASK, stream }, { 'x-stainless-retry-count': '1' })
      expect(status).toBe(429)
      expect(body).toMatchObject({ error: { message: 'Slow down.' } })
      expect(headers.get('retry-after')).toBe('7')
    }
  })

  test.each([
    ['breaks off', chunkOf({ content: 'Hel' })],
    ['ends without a word on why', chunkOf({ content: 'Hel' }) + DONE],
    ['says that it failed', `${chunkOf({ content: 'Hel' })}data: {"error":{"message":"Out of memory."}}\n\n`],
    ['sends what is no chat', `${chunkOf({ content: 'Hel' })}data: {"choices":7}\n\n`],
  ])('a stream of the model’s that %s ends as a response that failed, never as one that is whole', async (_how, bytes) => {
    world.answer = (response) => sayStream(response, bytes)
    const events = await world.stream('POST', '/responses', { ...ASK, stream: true })
    expect(events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { status: 'failed', error: { code: 'server_error' }, output: [{ status: 'incomplete' }] },
    })
    expect(typesOf(events)).not.toContain('response.completed')
  })

  test('when the caller leaves, the model is stopped', async () => {
    world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
    const seen = await world.stream('POST', '/responses', { ...ASK, stream: true }, 5)
    expect(seen).toHaveLength(5)
    await world.upstream.taken[0]?.closed
    await eventually('it is noted', () => world.gateway.lines().some((line) => line['path'] === '/v1/responses' && line['disconnected'] === true))
  })

  test('the model is stopped for a caller that leaves before anything came, too', async () => {
    world.answer = () => undefined
    const leaving = new AbortController()
    const asked = world.client.responses.create(ASK, { signal: leaving.signal })
    await eventually('the model is asked', () => world.upstream.taken.length === 1)
    leaving.abort()
    await expect(asked).rejects.toThrow()
    await world.upstream.taken[0]?.closed
  })
})

describe('what is wrong is said with its place', () => {
  test.each<[object | string, string | null]>([
    [{ input: 'x' }, 'model'],
    [{ model: 'm' }, 'input'],
    [{ model: 'm', input: 7 }, 'input'],
    [{ model: 'm', input: [] }, 'input'],
    [{ model: 'm', input: [{ role: 'king', content: 'x' }] }, 'input[0].role'],
    [{ model: 'm', input: [{ role: 'user' }] }, 'input[0].content'],
    [{ model: 'm', input: [{ role: 'user', content: [{ type: 'input_text' }] }] }, 'input[0].content[0].text'],
    [{ model: 'm', input: [{ type: 'function_call', name: 'f', arguments: '{}' }] }, 'input[0].call_id'],
    [{ model: 'm', input: [{ type: 'no_such_thing' }] }, 'input[0].type'],
    [{ model: 'm', input: 'x', temperature: 3 }, 'temperature'],
    [{ model: 'm', input: 'x', stream: 'yes' }, 'stream'],
    [{ model: 'm', input: 'x', max_output_tokens: 0 }, 'max_output_tokens'],
    [{ model: 'm', input: 'x', tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ model: 'm', input: 'x', truncation: 'some' }, 'truncation'],
    [{ model: 'm', input: 'x', metadata: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v'])) }, 'metadata'],
    [{ model: 'm', input: 'x', prompt: { id: 'p' } }, 'prompt'],
    [{ model: 'signalbox-turbo', input: 'x' }, 'model'],
    ['{"model":"m","input":', null],
    [`{"model":"m","input":${'['.repeat(100)}${']'.repeat(100)}}`, 'input'],
  ])('%j', async (body, param) => {
    const { status, body: said } = await world.ask('POST', '/responses', body)
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(500)
    expect(said).toMatchObject({ error: { param } })
    expect(world.upstream.taken).toHaveLength(0)
  })

  test('odd shapes that are legal are taken', async () => {
    const nothing = Object.fromEntries(
      ['instructions', 'stream', 'store', 'previous_response_id', 'metadata', 'tools', 'tool_choice', 'text', 'reasoning', 'include', 'user'].map((key) => [
        key,
        null,
      ]),
    )
    const input = [
      { role: 'developer', content: 'x' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'y', annotations: [] }], id: 'msg_mine', status: 'completed' },
      { type: 'reasoning', id: 'rs_mine', summary: [] },
      { role: 'user', content: [] },
      { role: 'user', content: 'z', extra: true },
    ]
    const { status } = await world.ask('POST', '/responses', { model: 'some/model', ...nothing, input, top_k: 5 })
    expect(status).toBe(200)
    expect(taken()).toMatchObject({
      model: 'some/model',
      top_k: 5,
      messages: [{ role: 'system', content: 'x' }, { role: 'assistant', content: 'y' }, {}, { role: 'user', content: 'z' }],
    })
  })

  test('whoever has no key gets none of it, and methods that are not there are named', async () => {
    expect((await world.ask('GET', '/responses/resp_1', undefined, { authorization: 'Bearer no' })).status).toBe(401)
    expect(await world.ask('GET', '/responses/resp_1')).toMatchObject({ status: 404, body: { error: { message: "Response with id 'resp_1' not found." } } })
    expect((await world.ask('PUT', '/responses', {})).status).toBe(405)
  })
})

test('chats are not touched by any of it', async () => {
  world.answer = (response) => sayStream(response, WHOLE_STREAM)
  const response = await world.gateway.chat({ ...HELLO, stream: true })
  expect(await response.text()).toBe(WHOLE_STREAM)
})
