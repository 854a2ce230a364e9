import { NO_USAGE } from '@signalbox/contracts'
import { eventually } from '@signalbox/testing'
import { NotFoundError } from 'openai'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { openOpenAIDocument } from './fixtures/openai-document.ts'
import { BOBS_KEY, READING_MS, startResponses, type ResponsesWorld } from './fixtures/responses.ts'
import { chunkOf, sayCompletion, sayStream } from './fixtures/upstream.ts'

const ASK = { model: 'signalbox-simple', input: 'hello' }
const said = (content: string) => ({ type: 'message' as const, role: 'user' as const, content })

let world: ResponsesWorld

beforeAll(() => void openOpenAIDocument(), READING_MS)
beforeEach(async () => {
  world = await startResponses()
})
afterEach(() => world[Symbol.asyncDispose]())

const messages = (index = -1): { role: string; content: string }[] =>
  (JSON.parse(String(world.upstream.taken.at(index)?.body)) as { messages: { role: string; content: string }[] }).messages
const textsOf = async (id: string): Promise<string[]> => {
  const { data } = await world.client.conversations.items.list(id, { order: 'asc', limit: 100 })
  return data.flatMap((item) => (item.type === 'message' ? item.content.map((part) => ('text' in part ? part.text : part.type)) : [item.type]))
}

describe('a conversation', () => {
  test('is begun, found, said otherwise and forgotten, as OpenAI’s client does it', async () => {
    const { conversations } = world.client
    const made = await conversations.create({ metadata: { topic: 'offers' } })
    expect(made).toMatchObject({ id: expect.stringMatching(/^conv_/) as string, object: 'conversation', metadata: { topic: 'offers' } })
    expect(await conversations.retrieve(made.id)).toEqual(made)
    expect(await conversations.update(made.id, { metadata: { topic: 'prices' } })).toEqual({ ...made, metadata: { topic: 'prices' } })
    expect(await conversations.delete(made.id)).toEqual({ id: made.id, object: 'conversation.deleted', deleted: true })
    await expect(conversations.retrieve(made.id)).rejects.toThrow(NotFoundError)
    expect((await world.ask('POST', '/conversations')).status).toBe(200)
  })

  test('holds items: added, listed by page, found by id, taken out', async () => {
    const { conversations } = world.client
    const { id } = await conversations.create({ items: [said('one'), said('two')] })
    const call = { type: 'function_call' as const, call_id: 'call_1', name: 'weather', arguments: '{}' }
    const { data: added } = await conversations.items.create(id, { items: [said('three'), call] })
    expect(added).toHaveLength(2)
    const newest = await conversations.items.list(id, { limit: 3 })
    expect(newest.data.map(({ type }) => type)).toEqual(['function_call', 'message', 'message'])
    expect(newest.has_more).toBe(true)
    expect(await textsOf(id)).toEqual(['one', 'two', 'three', 'function_call'])
    const [third] = added
    expect(await conversations.items.retrieve(third?.id ?? '', { conversation_id: id })).toEqual(third)
    expect(await conversations.items.delete(third?.id ?? '', { conversation_id: id })).toMatchObject({ id, object: 'conversation' })
    await expect(conversations.items.retrieve(third?.id ?? '', { conversation_id: id })).rejects.toThrow(NotFoundError)
    expect(await textsOf(id)).toEqual(['one', 'two', 'function_call'])
  })

  test('is its owner’s alone', async () => {
    const { id } = await world.client.conversations.create({ items: [said('a secret')] })
    const { data } = await world.client.conversations.items.list(id)
    const item = data[0]?.id ?? ''
    const bob = world.clientOf(BOBS_KEY)
    for (const ask of [
      () => bob.conversations.retrieve(id),
      () => bob.conversations.update(id, { metadata: {} }),
      () => bob.conversations.delete(id),
      () => bob.conversations.items.list(id),
      () => bob.conversations.items.create(id, { items: [said('mine')] }),
      () => bob.conversations.items.retrieve(item, { conversation_id: id }),
      () => bob.conversations.items.delete(item, { conversation_id: id }),
      () => bob.responses.create({ ...ASK, conversation: id }),
    ])
      await expect(ask()).rejects.toThrow(`Conversation with id '${id}' not found.`)
    expect(world.upstream.taken).toHaveLength(0)
    expect(await textsOf(id)).toEqual(['a secret'])
  })

  test.each<[object, string, string]>([
    [{ items: Array.from({ length: 21 }, () => said('x')) }, '', 'items'],
    [{ items: [{ type: 'item_reference', id: 'msg_1' }] }, '', 'items[0]'],
    [{ items: [{ role: 'king', content: 'x' }] }, '', 'items[0].role'],
    [
      {
        items: [
          { ...said('x'), id: 'msg_1' },
          { ...said('y'), id: 'msg_1' },
        ],
      },
      '',
      'items[1].id',
    ],
    [{ metadata: { mine: 7 } }, '', 'metadata.mine'],
    [{}, '/items', 'items'],
    [{ items: [{ ...said('x'), id: 'msg_there' }] }, '/items', 'items[0].id'],
  ])('what is wrong is said with its place: %j', async (body, path, param) => {
    const id = String((await world.ask('POST', '/conversations', { items: [{ ...said('x'), id: 'msg_there' }] })).body['id'])
    const place = path === '' ? '/conversations' : `/conversations/${id}${path}`
    expect(await world.ask('POST', place, body)).toMatchObject({ status: 400, body: { error: { param } } })
  })

  test('is no response, and a response is no conversation', async () => {
    const { id } = await world.client.conversations.create()
    const response = await world.client.responses.create(ASK)
    expect((await world.ask('GET', `/responses/${id}`)).status).toBe(404)
    expect((await world.ask('DELETE', `/responses/${id}`)).status).toBe(404)
    expect((await world.ask('POST', '/responses', { ...ASK, previous_response_id: id })).status).toBe(400)
    expect((await world.ask('GET', `/conversations/${response.id}`)).status).toBe(404)
    expect((await world.ask('GET', `/conversations/${id}`)).status).toBe(200)
  })

  test('is there for another gateway on the same store', async () => {
    const { id } = await world.client.conversations.create({ items: [said('one')] })
    await using other = await world.another()
    await other.client.conversations.items.create(id, { items: [said('two')] })
    expect(await textsOf(id)).toEqual(['one', 'two'])
  })
})

describe('responses in a conversation', () => {
  test.each(['whole', 'streamed'])('know what was said in it, and are added to it: %s', async (how) => {
    const { id } = await world.client.conversations.create({ items: [said('I am Ann.')] })
    world.answer = (response) => (how === 'whole' ? sayCompletion(response, 'Hello Ann') : sayStream(response))
    const first =
      how === 'whole'
        ? await world.client.responses.create({ ...ASK, conversation: id })
        : await world.client.responses.stream({ ...ASK, conversation: { id } }).finalResponse()
    expect(first.conversation).toEqual({ id })
    expect(messages()).toMatchObject([{ content: 'I am Ann.' }, { content: 'hello' }])
    world.answer = (response) => sayCompletion(response, 'Ann')
    await world.client.responses.create({ ...ASK, input: 'Who am I?', conversation: { id }, store: false })
    const answered = how === 'whole' ? 'Hello Ann' : 'Hello'
    expect(messages().map(({ content }) => content)).toEqual(['I am Ann.', 'hello', answered, 'Who am I?'])
    expect(await textsOf(id)).toEqual(['I am Ann.', 'hello', answered, 'Who am I?', 'Ann'])
  })

  test('in the background are added when they are over', async () => {
    const { id } = await world.client.conversations.create()
    const hold = Promise.withResolvers<void>()
    world.answer = async (response) => {
      await hold.promise
      sayStream(response)
    }
    const queued = await world.client.responses.create({ ...ASK, conversation: id, background: true })
    expect(await textsOf(id)).toEqual([])
    hold.resolve()
    await eventually('it is made', async () => (await world.client.responses.retrieve(queued.id)).status === 'completed')
    expect(await textsOf(id)).toEqual(['hello', 'Hello'])
  })

  test('that failed leave it as it was', async () => {
    const { id } = await world.client.conversations.create({ items: [said('one')] })
    world.answer = (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chunkOf({ content: 'Hel' }))
    const events = await world.stream('POST', '/responses', { ...ASK, conversation: id, stream: true })
    expect(events.at(-1)).toMatchObject({ type: 'response.failed' })
    expect(await textsOf(id)).toEqual(['one'])
  })

  test('at the same time are all in it', async () => {
    const { id } = await world.client.conversations.create()
    await Promise.all(Array.from({ length: 24 }, (_, index) => world.client.responses.create({ ...ASK, input: `${index}`, conversation: id })))
    expect(await textsOf(id)).toHaveLength(48)
  })

  test('go on in the session that waits for an answer, and are told what came of it', async () => {
    const { id } = await world.client.conversations.create({ items: [said('The target is prod.')] })
    const asking = world.client.responses.create({ model: 'signalbox-orchestrated', input: 'Deploy it', conversation: id })
    const session = await eventually('it began', () => world.session)
    expect(JSON.stringify(session.message.parts.at(-1))).toContain('The target is prod.')
    session.say(
      { type: 'answer.delta', node: 'c', agent: 'reasoning', offset: 0, text: 'It is deployed.' },
      { type: 'session.completed', usage: NO_USAGE, citations: [] },
    )
    await asking
    await world.client.responses.create({ ...ASK, input: 'Thanks', conversation: id })
    expect(messages().map(({ content }) => content)).toEqual(['The target is prod.', 'Deploy it', 'It is deployed.', 'Thanks'])
  })

  test('do not also follow a response, and need nothing more to be said', async () => {
    const { id } = await world.client.conversations.create({ items: [said('Go on.')] })
    expect((await world.ask('POST', '/responses', { ...ASK, conversation: id, previous_response_id: 'resp_1' })).status).toBe(400)
    const { status } = await world.ask('POST', '/responses', { ...ASK, conversation: `conv_${'0'.repeat(48)}` })
    expect(status).toBe(404)
  })
})
