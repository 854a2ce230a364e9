import { eventually } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { answerAtOnce, SERVICE_TOKEN, startOrchestrator } from './fixtures/orchestrator.ts'
import {
  chunkOf,
  isClassifierRequest,
  sayCompletion,
  sayStream,
  sayVerdict,
  startUpstream,
  WHOLE_STREAM,
  type ChatAnswer,
  type TakenRequest,
  type TestUpstream,
} from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

const ASK = { model: 'signalbox-auto', messages: [{ role: 'user', content: 'zu welchem Zweck, und womit?' }] }
const ASK_STREAM = { ...ASK, stream: true }

interface House {
  gateway: TestGateway
  upstream: TestUpstream
  /** The model's calls, without the classifier's. */
  model: () => TakenRequest[]
  classifier: () => TakenRequest[]
  /** Has the classifier answer what is asked of it, now or later. */
  judge(needsOrchestration: boolean): Promise<void>
  /** Has the classifier fail. */
  failToJudge(): Promise<void>
}

/** A house whose classifier says nothing until the test has it do so. */
async function houseWhoseModel(answer: ChatAnswer, environment: Record<string, string> = {}): Promise<House> {
  const asked = Promise.withResolvers<Parameters<ChatAnswer>[0]>()
  const upstream = await startUpstream((response, request) => (isClassifierRequest(request) ? asked.resolve(response) : answer(response, request)))
  const orchestrator = await startOrchestrator(answerAtOnce)
  const gateway = await startGateway({
    LLM_BASE_URL: upstream.baseUrl,
    ORCHESTRATOR_URL: orchestrator.url,
    SERVICE_TOKEN,
    ROUTING_LOCAL: 'false',
    ROUTING_CLASSIFIER_TIMEOUT_MS: '60000',
    ...environment,
  })
  open.push(upstream, orchestrator, gateway)
  return {
    gateway,
    upstream,
    model: () => upstream.taken.filter((request) => !isClassifierRequest(request)),
    classifier: () => upstream.taken.filter(isClassifierRequest),
    judge: async (needsOrchestration) => sayVerdict(await asked.promise, { needs_orchestration: needsOrchestration, reason: 'so it is' }),
    failToJudge: async () => void (await asked.promise).destroy(),
  }
}

async function metric(gateway: TestGateway, name: string): Promise<number> {
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(await gateway.metrics())?.[1] ?? 0)
}

const calls = (gateway: TestGateway, outcome: string) => metric(gateway, `signalbox_speculation_calls_total\\{outcome="${outcome}"\\}`)

test('the model is called while the classifier thinks, and its stream comes through byte for byte when the verdict is simple', async () => {
  const answered = Promise.withResolvers<void>()
  const house = await houseWhoseModel((response) => (sayStream(response), answered.resolve()))
  const asking = house.gateway.chat(ASK_STREAM)
  await answered.promise
  await house.judge(false)
  const response = await asking
  expect(response.headers.get('x-signalbox-route-reason')).toBe('classifier: so it is')
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  expect(await response.text()).toBe(WHOLE_STREAM)
  expect(house.model()).toHaveLength(1)
  expect([await calls(house.gateway, 'started'), await calls(house.gateway, 'used'), await calls(house.gateway, 'wasted')]).toEqual([1, 1, 0])
})

test('nothing of the reply is seen before the verdict', async () => {
  const answered = Promise.withResolvers<void>()
  const house = await houseWhoseModel((response) => (sayStream(response), answered.resolve()))
  let seen = false
  const asking = house.gateway.chat(ASK_STREAM).then((response) => ((seen = true), response))
  await answered.promise
  await eventually('the classifier is asked', () => house.classifier().length === 1)
  expect(seen).toBe(false)
  await house.judge(false)
  await (await asking).text()
})

test('a whole reply comes through as it would have without a classifier', async () => {
  const house = await houseWhoseModel((response) => sayCompletion(response))
  const asking = house.gateway.chat(ASK)
  await eventually('the model is called', () => house.model().length === 1)
  await house.judge(false)
  const response = await asking
  const direct = await house.gateway.chat({ ...ASK, model: 'signalbox-simple' })
  expect(await response.text()).toBe(await direct.text())
  const own = new Set(['date', 'openai-processing-ms', 'x-request-id', 'x-signalbox-route-reason'])
  const others = ({ headers }: Response) => [...headers].filter(([name]) => !own.has(name))
  expect(others(response)).toEqual(others(direct))
})

test.each<[string, ChatAnswer]>([
  ['has not answered', () => undefined],
  ['is in the middle of its stream', (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))],
])('a complex verdict closes the call of a model that %s, and counts what it cost', async (_name, answer) => {
  const house = await houseWhoseModel(answer)
  const asking = house.gateway.chat(ASK_STREAM)
  await eventually('the model is called', () => house.model().length === 1)
  await house.judge(true)
  await house.model()[0]?.closed
  const response = await asking
  expect(response.headers.get('x-signalbox-route')).toBe('complex')
  expect(await response.text()).toContain('orchestrated')
  expect([await calls(house.gateway, 'used'), await calls(house.gateway, 'wasted')]).toEqual([0, 1])
  expect(await metric(house.gateway, 'signalbox_speculation_wasted_tokens_total\\{gen_ai_token_type="input"\\}')).toBeGreaterThan(10)
})

test('what the model failed with means nothing when the verdict is complex', async () => {
  const house = await houseWhoseModel((response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}'))
  const asking = house.gateway.chat(ASK)
  await eventually('the model is called', () => house.model().length === 1)
  await house.judge(true)
  const response = await asking
  expect(response.status).toBe(200)
  expect(await response.text()).toContain('orchestrated')
})

test('what the model failed with is told when the verdict is simple', async () => {
  const house = await houseWhoseModel((response) => response.writeHead(429, { 'content-type': 'application/json' }).end('{"error":{"message":"theirs"}}'))
  const asking = house.gateway.chat(ASK)
  await eventually('the model is called', () => house.model().length === 1)
  await house.judge(false)
  const response = await asking
  expect(response.status).toBe(429)
  expect(await response.text()).toBe('{"error":{"message":"theirs"}}')
})

test('a stream that broke off while it was held ends with an error, after what had come', async () => {
  const broken = Promise.withResolvers<void>()
  const house = await houseWhoseModel((response) => {
    response.once('close', () => broken.resolve())
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }) + 'data: {"ch', () => response.destroy())
  })
  const asking = house.gateway.chat(ASK_STREAM)
  await broken.promise
  await house.judge(false)
  const text = await (await asking).text()
  expect(text.startsWith(chunkOf({ content: 'Hel' }))).toBe(true)
  expect(text).toMatch(/data: \{"error":.*\}\n\n$/)
  expect(text).not.toContain('[DONE]')
})

test('a classifier that fails lets the reply through', async () => {
  const house = await houseWhoseModel((response) => sayStream(response))
  const asking = house.gateway.chat(ASK_STREAM)
  await house.failToJudge()
  const response = await asking
  expect(response.headers.get('x-signalbox-route-reason')).toMatch(/^fail_open/)
  expect(await response.text()).toBe(WHOLE_STREAM)
})

test('a classifier that is too slow lets the reply through', async () => {
  const house = await houseWhoseModel((response) => sayStream(response), { ROUTING_CLASSIFIER_TIMEOUT_MS: '40' })
  expect(await (await house.gateway.chat(ASK_STREAM)).text()).toBe(WHOLE_STREAM)
})

test('a caller that leaves stops both, the classifier and the model', async () => {
  const house = await houseWhoseModel((response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' })))
  const leaving = new AbortController()
  const asking = house.gateway.chat(ASK_STREAM, {}, leaving.signal).catch(() => 'left')
  await eventually('both are asked', () => house.model().length === 1 && house.classifier().length === 1)
  leaving.abort()
  expect(await asking).toBe('left')
  await Promise.all(house.upstream.taken.map(({ closed }) => closed))
  await eventually('the call is counted', async () => (await calls(house.gateway, 'abandoned')) === 1)
})

test('a reply larger than what is held waits at the upstream, and comes through whole', async () => {
  const event = `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'x'.repeat(60_000) }, finish_reason: null }] })}\n\n`
  const whole = event.repeat(200) + chunkOf({}, 'stop') + 'data: [DONE]\n\n'
  const waits = Promise.withResolvers<void>()
  const house = await houseWhoseModel((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let sent = 0; sent < 200; sent++) response.write(event)
    response.end(chunkOf({}, 'stop') + 'data: [DONE]\n\n')
    waits.resolve()
  })
  const asking = house.gateway.chat(ASK_STREAM)
  await waits.promise
  await house.judge(false)
  const text = await (await asking).text()
  expect(text.length).toBe(whole.length)
  expect(text === whole).toBe(true)
})

test.each([
  ['off', { ROUTING_SPECULATION: 'off' }, 0],
  ['on', { ROUTING_SPECULATION: 'on' }, 1],
  ['auto, with a model at home', {}, 1],
])('speculation is %s', async (_name, environment, expected) => {
  const house = await houseWhoseModel((response) => sayCompletion(response), environment)
  const asking = house.gateway.chat(ASK)
  await eventually('the classifier is asked', () => house.classifier().length === 1)
  if (expected === 1) await eventually('the model is called', () => house.model().length === 1)
  expect(await calls(house.gateway, 'started')).toBe(expected)
  await house.judge(true)
  await asking
  expect(house.model()).toHaveLength(expected)
})

test('a request whose way is settled at once starts no speculation', async () => {
  const house = await houseWhoseModel((response) => sayCompletion(response))
  await house.gateway.chat({ ...ASK, model: 'signalbox-simple' })
  expect(((await (await house.gateway.chat({ ...ASK, model: 'signalbox-nonesuch' })).json()) as ErrorBody).error.code).toBe('model_not_found')
  expect(await calls(house.gateway, 'started')).toBe(0)
})
