import { eventually } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { HELLO, KEY, startGateway, type TestGateway } from './fixtures/gateway.ts'
import { chunkOf, isClassifierRequest, startUpstream, type ChatAnswer, type TestUpstream } from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

async function gatewayBefore(answer: ChatAnswer, environment: Record<string, string> = {}): Promise<{ gateway: TestGateway; upstream: TestUpstream }> {
  const upstream = await startUpstream(answer)
  open.push(upstream)
  const gateway = await startGateway({ LLM_BASE_URL: upstream.baseUrl, ROUTING_LOCAL: 'false', ROUTING_CLASSIFIER_TIMEOUT_MS: '60000', ...environment })
  open.push(gateway)
  return { gateway, upstream }
}

const silent: ChatAnswer = () => undefined
const beginsStream: ChatAnswer = (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunkOf({ content: 'Hel' }))
const beginsWhole: ChatAnswer = (response) => void response.writeHead(200, { 'content-type': 'application/json', 'content-length': '9000' }).write('{"a":"')
const beginsLarge: ChatAnswer = (response) =>
  void response.writeHead(200, { 'content-type': 'application/json', 'content-length': '900000' }).write(`{"a":"${'x'.repeat(200_000)}`)

const STREAM = { ...HELLO, stream: true }
const JUDGED = { model: 'signalbox-auto', messages: [{ role: 'user', content: 'wozu, und womit?' }], stream: true }
const EMBED = { model: 'e', input: 'x' }
const COMPLETE = { model: 'm', prompt: 'x' }

test.each<[string, string, object, ChatAnswer, Record<string, string>]>([
  ['a whole answer has not begun', '/chat/completions', HELLO, silent, {}],
  ['a whole answer is held until it is whole', '/chat/completions', HELLO, beginsWhole, {}],
  ['a large answer is on its way', '/chat/completions', HELLO, beginsLarge, {}],
  ['a stream has not begun', '/chat/completions', STREAM, silent, {}],
  ['a stream is on its way', '/chat/completions', STREAM, beginsStream, {}],
  ['both the classifier and the model are silent', '/chat/completions', JUDGED, silent, {}],
  ['the classifier thinks, and a stream is held', '/chat/completions', JUDGED, (r, q) => (isClassifierRequest(q) ? undefined : beginsStream(r, q)), {}],
  ['the classifier thinks, and nothing else was called', '/chat/completions', JUDGED, silent, { ROUTING_SPECULATION: 'off' }],
  ['a second call was made beside a slow one', '/chat/completions', STREAM, silent, { UPSTREAM_HEDGE_AFTER_MS: '20' }],
  ['embeddings are made', '/embeddings', EMBED, silent, {}],
  ['embeddings are on their way', '/embeddings', EMBED, beginsLarge, {}],
  ['a completion is made', '/completions', COMPLETE, silent, {}],
  ['a completion’s stream is on its way', '/completions', { ...COMPLETE, stream: true }, beginsStream, {}],
])('a caller that leaves while %s closes every call that was made for it', async (name, path, body, answer, environment) => {
  const { gateway, upstream } = await gatewayBefore(answer, environment)
  const leaving = new AbortController()
  const asking = fetch(`${gateway.url}/v1${path}`, {
    method: 'POST',
    headers: { 'authorization': `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: leaving.signal,
  }).catch(() => undefined)
  const expected = (body === JUDGED && environment['ROUTING_SPECULATION'] !== 'off') || 'UPSTREAM_HEDGE_AFTER_MS' in environment ? 2 : 1
  await eventually('the upstream is called', () => upstream.taken.length === expected)
  if (name.includes('on its way') || name.includes('on their way')) await (await asking)?.body?.getReader().read()
  leaving.abort()
  await Promise.all(upstream.taken.map(({ closed }) => closed))
  await asking
  await eventually('the request is logged as left', () => gateway.lines().some((line) => line['msg'] === 'request' && line['disconnected'] === true))
  expect(upstream.taken).toHaveLength(expected)
})
