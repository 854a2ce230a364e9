import type { ServerResponse } from 'node:http'

import { eventually } from '@signalbox/testing'
import { afterEach, describe, expect, test } from 'vitest'

import { startResponses, type ResponsesWorld } from './fixtures/responses.ts'
import { answerAtOnce } from './fixtures/orchestrator.ts'
import { chunkOf, isClassifierRequest, sayCompletion, sayStream, sayVerdict, type ChatAnswer, type TakenRequest } from './fixtures/upstream.ts'

const ASK = { model: 'signalbox-auto', input: 'zu welchem Zweck, und womit?' }
const ASK_STREAM = { ...ASK, stream: true }
const ID = 'resp_68aa00000000000000000000000000000000000000000001'
const RESPONSE = {
  ...{ id: ID, object: 'response', created_at: 1, status: 'completed', error: null, incomplete_details: null, instructions: null, metadata: {} },
  ...{ model: 'test-model', output: [], parallel_tool_calls: true, tool_choice: 'auto', tools: [], temperature: 1, top_p: 1 },
}
const toEvent = (type: string, number: number) => `event: ${type}\ndata: ${JSON.stringify({ type, response: RESPONSE, sequence_number: number })}\n\n`
const CREATED = toEvent('response.created', 0)

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

interface House {
  world: ResponsesWorld
  model: () => TakenRequest[]
  classifier: () => TakenRequest[]
  /** Has the classifier answer what is asked of it, now or later. */
  judge(needsOrchestration: boolean): Promise<void>
}

/** A house whose classifier says nothing until the test has it do so. */
async function houseWhoseModel(answer: ChatAnswer, environment: Record<string, string> = {}): Promise<House> {
  const world = await startResponses({
    onBegin: answerAtOnce,
    isOurs: environment['LLM_RESPONSES'] !== 'passthrough',
    environment: { ROUTING_LOCAL: 'false', ROUTING_CLASSIFIER_TIMEOUT_MS: '60000', ...environment },
  })
  open.push(world)
  const asked = Promise.withResolvers<ServerResponse>()
  world.answer = (response, request) => (isClassifierRequest(request) ? asked.resolve(response) : answer(response, request))
  return {
    world,
    model: () => world.upstream.taken.filter((request) => !isClassifierRequest(request)),
    classifier: () => world.upstream.taken.filter(isClassifierRequest),
    judge: async (needsOrchestration) => sayVerdict(await asked.promise, { needs_orchestration: needsOrchestration, reason: 'so it is' }),
  }
}

async function calls({ world }: House, outcome: string): Promise<number> {
  return Number(new RegExp(`^signalbox_speculation_calls_total\\{outcome="${outcome}"\\} (\\S+)`, 'm').exec(await world.gateway.metrics())?.[1] ?? 0)
}

/** A response, or the last event of a stream. */
async function readLast(data: object): Promise<unknown> {
  if (!(Symbol.asyncIterator in data)) return data
  let last: unknown
  for await (const event of data as AsyncIterable<unknown>) last = event
  return last
}

const sayJson = (response: ServerResponse, body: object): unknown => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

describe.each(['translate', 'passthrough'])('with LLM_RESPONSES=%s', (mode) => {
  const environment = { LLM_RESPONSES: mode }
  const sayWhole = (response: ServerResponse): unknown => (mode === 'translate' ? sayCompletion(response) : sayJson(response, RESPONSE))
  const sayEvents = (response: ServerResponse): void =>
    mode === 'translate' ? sayStream(response) : sayStream(response, CREATED + toEvent('response.completed', 1))

  test.each([
    ['stream', ASK_STREAM, sayEvents],
    ['whole response', ASK, sayWhole],
  ])('the model is asked while the classifier thinks, and its %s is the answer when the verdict is simple', async (_name, body, say) => {
    const house = await houseWhoseModel(say, environment)
    let seen = false
    const asking = house.world.client.responses
      .create(body)
      .withResponse()
      .then((answer) => ((seen = true), answer))
    await eventually('the model is asked', () => house.model().length === 1)
    await eventually('the classifier is asked', () => house.classifier().length === 1)
    expect(seen).toBe(false)
    await house.judge(false)
    const { response, data } = await asking
    expect(response.headers.get('x-signalbox-route-reason')).toBe('classifier: so it is')
    expect(await readLast(data)).toMatchObject(body === ASK ? { status: 'completed' } : { type: 'response.completed' })
    expect(house.model()).toHaveLength(1)
    expect([await calls(house, 'started'), await calls(house, 'used'), await calls(house, 'wasted')]).toEqual([1, 1, 0])
  })

  test.each<[string, (response: ServerResponse) => unknown]>([
    ['has not answered', () => undefined],
    [
      'is in the middle of its stream',
      (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(mode === 'translate' ? chunkOf({ content: 'Hel' }) : CREATED),
    ],
    ['has failed', (response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}')],
  ])('a complex verdict closes the call of a model that %s, and counts it', async (_name, say) => {
    const house = await houseWhoseModel((response, { path }) => (path.includes('/resp_') ? sayJson(response, { deleted: true }) : say(response)), environment)
    const asking = house.world.stream('POST', '/responses', ASK_STREAM)
    await eventually('the model is asked', () => house.model().length === 1)
    await house.judge(true)
    await house.model()[0]?.closed
    const events = await asking
    expect(JSON.stringify(events.at(-1))).toContain('orchestrated')
    expect([await calls(house, 'used'), await calls(house, 'wasted')]).toEqual([0, 1])
  })

  test('what the model failed with is told when the verdict is simple', async () => {
    const house = await houseWhoseModel(
      (response) =>
        response.writeHead(429, { 'content-type': 'application/json' }).end('{"error":{"message":"theirs","type":"requests","param":null,"code":null}}'),
      environment,
    )
    const asking = house.world.ask('POST', '/responses', ASK)
    await eventually('the model is asked', () => house.model().length === 1)
    await house.judge(false)
    expect(await asking).toMatchObject({ status: 429, body: { error: { message: 'theirs' } } })
  })

  test('a caller that leaves stops both, the classifier and the model', async () => {
    const house = await houseWhoseModel(() => undefined, environment)
    const leaving = new AbortController()
    const asking = house.world.client.responses.create(ASK, { signal: leaving.signal }).catch(() => 'left')
    await eventually('both are asked', () => house.model().length === 1 && house.classifier().length === 1)
    leaving.abort()
    expect(await asking).toBe('left')
    await Promise.all(house.world.upstream.taken.map(({ closed }) => closed))
    await eventually('the call is counted', async () => (await calls(house, 'abandoned')) === 1)
  })

  test('nothing is asked meanwhile of what goes on by itself, or where speculation is off', async () => {
    for (const [more, body] of [
      [{}, { ...ASK, background: true }],
      [{ ROUTING_SPECULATION: 'off' }, ASK],
    ] as const) {
      const house = await houseWhoseModel(sayWhole, { ...environment, ...more })
      const asking = house.world.ask('POST', '/responses', body)
      await eventually('the classifier is asked', () => house.classifier().length === 1)
      await house.judge(true)
      expect((await asking).status).toBe(200)
      expect(house.model()).toHaveLength(0)
      expect(await calls(house, 'started')).toBe(0)
    }
  })
})

test('a reply larger than what is held waits at the model, and comes through whole', async () => {
  const pieces = Array.from({ length: 200 }, (_, index) => `${index}${'x'.repeat(10_000)}`)
  const house = await houseWhoseModel((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const content of pieces) response.write(chunkOf({ content }))
    response.end(`${chunkOf({}, 'stop')}data: [DONE]\n\n`)
  })
  const asking = house.world.stream('POST', '/responses', ASK_STREAM)
  await eventually('the model is asked', () => house.model().length === 1)
  await house.judge(false)
  const deltas = (await asking).filter(({ type }) => type === 'response.output_text.delta').map(({ delta }) => delta)
  expect(deltas.join('') === pieces.join('')).toBe(true)
})

test('what chat has no word for is no matter where the verdict is complex, and refused where it is simple', async () => {
  for (const isComplex of [true, false]) {
    const house = await houseWhoseModel((response) => sayCompletion(response))
    const input = [
      { type: 'file_search_result', id: 'x' },
      { role: 'user', content: ASK.input },
    ]
    const asking = house.world.ask('POST', '/responses', { ...ASK, input })
    await eventually('the classifier is asked', () => house.classifier().length === 1)
    await house.judge(isComplex)
    expect((await asking).status).toBe(isComplex ? 200 : 400)
    expect(house.model()).toHaveLength(0)
  }
})

test('a response that the endpoint keeps and nobody wants is deleted there', async () => {
  const sent = Promise.withResolvers<void>()
  const house = await houseWhoseModel(
    (response, { path }) =>
      path.includes('/resp_')
        ? sayJson(response, { deleted: true })
        : response.writeHead(200, { 'content-type': 'text/event-stream' }).write(CREATED, () => sent.resolve()),
    { LLM_RESPONSES: 'passthrough' },
  )
  const asking = house.world.stream('POST', '/responses', ASK_STREAM)
  await sent.promise
  // A gateway that answers this has read what was sent to it before.
  await house.world.gateway.metrics()
  await house.judge(true)
  await asking
  await eventually('it is deleted', () => house.model().some(({ path }) => path === `/v1/responses/${ID}`))
})
