import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Validator } from '@seriousme/openapi-schema-validator'
import { readSse, temporaryFolder } from '@signalbox/testing'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { findBarriers, keepScreenshot, launchBrowser, openVisitor } from './browser.ts'
import { readOpenAISpec, type OpenAISpec } from './openai-spec.ts'
import { readOwnDocument, type OwnDocument } from './own-document.ts'
import { approve, askToDeploy, call, CUT, openWireHouse, WIRE_MODEL, type WireHouse } from './wire-house.ts'
import { toUsage } from './wire-model.ts'

/*
 * What goes over the wire, held against OpenAI's own document where its path is given in OPENAI_SPEC, and against the
 * five kinds of faults that gateways are known for, always.
 */

const SPEC_PATH = process.env['OPENAI_SPEC']
const ORCHESTRATED = 'signalbox-orchestrated'
/** US dollars for a million tokens of the model behind the agents. */
const PRICE = { input: 2, output: 8 }

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let house: WireHouse

beforeAll(async () => {
  folder = await temporaryFolder()
  const prices = join(folder.path, 'prices.json')
  await writeFile(prices, JSON.stringify({ models: { 'scripted-large': PRICE } }))
  house = await openWireHouse({ LLM_PRICES_FILE: prices, MAX_BODY_BYTES: '65536' })
})

afterAll(async () => {
  await house?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

const user = (content: string) => ({ role: 'user', content })
const chat = (body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Response> =>
  call(house, 'POST', '/chat/completions', { body: { model: WIRE_MODEL, messages: [user('hello')], ...body }, headers })
const orchestrated = (question: string, body: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Response> =>
  chat({ model: ORCHESTRATED, messages: [user(question)], ...body }, headers)

if (SPEC_PATH === undefined) {
  test('OPENAI_SPEC is not set: nothing is held against OpenAI’s own document', () => {
    process.stdout.write('OPENAI_SPEC is not set, so no reply, chunk or error was validated. Set it to the path of an openai.yaml.\n')
  })
} else {
  describe('against OpenAI’s document', () => {
    let spec: OpenAISpec

    beforeAll(async () => {
      spec = await readOpenAISpec(SPEC_PATH)
    })

    /** The value is as the document says, and says nothing more than what is named. */
    const expectValid = (schema: string, value: unknown, ours: readonly string[] = []): void => {
      expect(spec.faultsOf(schema, value)).toEqual([])
      expect(spec.unknownKeys(schema, value).filter((key) => !ours.includes(key))).toEqual([])
    }
    const expectWhole = async (response: Response): Promise<Completion> => {
      const body = (await response.json()) as Completion
      expect([response.status, body.error]).toEqual([200, undefined])
      expectValid('CreateChatCompletionResponse', body, ['signalbox'])
      return body
    }
    const expectStream = async (response: Response, { usage = false } = {}): Promise<Chunk[]> => {
      const { chunks, done } = await readChunks(response)
      expect([response.status, done]).toEqual([200, true])
      for (const chunk of chunks) expectValid('CreateChatCompletionStreamResponse', chunk, OUR_CHUNK_KEYS)
      expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1)
      const choices = chunks.flatMap((chunk) => chunk.choices)
      for (const index of new Set(choices.map((choice) => choice.index))) {
        const own = choices.filter((choice) => choice.index === index)
        expect(own[0]?.delta.role).toBe('assistant')
        expect(own.filter(({ finish_reason: reason }) => reason !== null)).toEqual(own.slice(-1))
      }
      const withoutChoices = chunks.filter((chunk) => chunk.choices.length === 0)
      expect(withoutChoices).toEqual(usage ? chunks.slice(-1) : [])
      // Null on every chunk but the last where usage is asked for; on none where it is not.
      if (usage) expect(chunks.map((chunk) => chunk.usage === null)).toEqual(chunks.map((_, index) => index < chunks.length - 1))
      else expect(chunks.filter((chunk) => 'usage' in chunk)).toEqual([])
      return chunks
    }
    const expectError = async (response: Response, status: number): Promise<OpenAIError> => {
      const body = (await response.json()) as { error: OpenAIError }
      expect([response.status, body.error?.message]).toEqual([status, expect.any(String)])
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(response.headers.get('x-request-id')).toMatch(/^req_/)
      expectValid('ErrorResponse', body, ['signalbox'])
      return body.error
    }

    const VARIANTS: [string, Record<string, unknown>][] = [
      ['text', {}],
      ['several choices', { n: 3 }],
      ['log probabilities', { logprobs: true, top_logprobs: 1 }],
      ['a refusal', { messages: [user('hello [refuse]')] }],
      ['a call of a tool', { tools: [{ type: 'function', function: { name: 'weather' } }] }],
      ['a form', { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: { type: 'object' } } } }],
    ]

    test.each(VARIANTS)('the model’s own answer with %s, whole and streamed, with and without its usage', async (_name, body) => {
      await expectWhole(await chat(body))
      await expectStream(await chat({ ...body, stream: true }))
      const chunks = await expectStream(await chat({ ...body, stream: true, stream_options: { include_usage: true } }), { usage: true })
      expect(chunks.some(({ obfuscation }) => obfuscation !== undefined)).toBe(true)
    })

    test('an orchestrated answer, whole and streamed, with and without its usage', async () => {
      const whole = await expectWhole(await orchestrated('Ask mock-search to tell it [say it is whole].'))
      expect(whole).toMatchObject({
        choices: [{ finish_reason: 'stop', message: { refusal: null, annotations: [] }, logprobs: null }],
        usage: { total_tokens: expect.any(Number) },
      })
      await expectStream(await orchestrated('Ask mock-search to tell it [say it is streamed].', { stream: true }))
      const chunks = await expectStream(
        await orchestrated('Ask mock-search to tell it [say it counts].', { stream: true, stream_options: { include_usage: true } }),
        { usage: true },
      )
      expect(chunks.at(-1)?.usage?.total_tokens).toBeGreaterThan(0)
    })

    test('progress for Open WebUI, and by another mode', async () => {
      const chunks = await expectStream(await orchestrated('Ask mock-search to tell it [say it is seen].', { stream: true }, { 'x-openwebui-chat-id': 'c' }))
      expect(chunks.filter((chunk) => 'event' in chunk).length).toBeGreaterThan(1)
      for (const mode of ['events', 'none'])
        await expectStream(await orchestrated('Ask mock-search to tell it [say it is mode].', { stream: true }, { 'x-signalbox-progress': mode }))
    })

    test('an approval pause: held, returned, and refused', async () => {
      const [held] = await Promise.all([
        orchestrated(askToDeploy('spec-held'), { stream: true }).then((response) => expectStream(response)),
        approve(house, 'spec-held'),
      ])
      expect(textOf(held)).toContain('deploy ran with')
      const headers = { 'x-signalbox-approval': 'return' }
      const whole = await orchestrated(askToDeploy('spec-whole'), {}, headers)
      expect(whole.headers.get('x-signalbox-status')).toBe('awaiting_approval')
      expect(await expectWhole(whole)).toMatchObject({
        signalbox: { status: 'awaiting_approval', approvals: [{ url: expect.stringContaining('/approvals/apr_') }] },
      })
      const streamed = await expectStream(await orchestrated(askToDeploy('spec-stream'), { stream: true, stream_options: { include_usage: true } }, headers), {
        usage: true,
      })
      expect(textOf(streamed)).toContain('Approval needed')
      const refused = await orchestrated(askToDeploy('spec-error'), {}, { 'x-signalbox-approval': 'error' })
      expect(await expectError(refused, 409)).toMatchObject({ type: 'approval_required', code: 'approval_required' })
      expect(refused.headers.get('x-should-retry')).toBe('false')
    })

    test.each<[string, number, () => Promise<Response>, Partial<OpenAIError>]>([
      ['no JSON', 400, () => call(house, 'POST', '/chat/completions', { body: '{"model":' }), { code: 'invalid_json' }],
      ['a wrong type', 400, () => chat({ temperature: 'hot' }), { code: 'invalid_type', param: 'temperature' }],
      ['too large a number', 400, () => chat({ n: 1_000 }), { code: 'integer_above_max_value', param: 'n' }],
      ['a bad history', 400, () => chat({ messages: [{ role: 'tool', tool_call_id: 'x', content: 'y' }] }), { param: 'messages[0].role' }],
      ['what cannot be orchestrated', 400, () => orchestrated('hello', { n: 2 }), { code: 'unsupported_value', param: 'n' }],
      ['a wrong key', 401, () => chat({}, { authorization: 'Bearer wrong' }), { code: 'invalid_api_key' }],
      ['somebody who may not', 403, () => call(house, 'GET', '/audit'), { type: 'permission_error' }],
      ['a model of ours that is none', 404, () => chat({ model: 'signalbox-none' }), { code: 'model_not_found', param: 'model' }],
      ['a model that is not listed', 404, () => call(house, 'GET', '/models/none'), { code: 'model_not_found' }],
      [
        'a session that is not there',
        404,
        () => orchestrated('hello', { model: 'signalbox-auto' }, { 'x-session-id': 'ses_00000000000000000000000000' }),
        { code: 'not_found' },
      ],
      ['a path that is none', 404, () => call(house, 'GET', '/nowhere'), { code: 'not_found' }],
      ['another method', 405, () => call(house, 'GET', '/chat/completions'), { code: 'method_not_allowed' }],
      ['too large a body', 413, () => chat({ messages: [user('x'.repeat(70_000))] }), { code: 'payload_too_large' }],
      [
        'another kind of body',
        415,
        () => call(house, 'POST', '/chat/completions', { body: '{}', headers: { 'content-type': 'text/plain' } }),
        { code: 'unsupported_media_type' },
      ],
      ['a model that is overloaded', 429, () => chat({ messages: [user('[status 429]')] }), { code: 'rate_limit_exceeded', type: 'rate_limit_error' }],
      ['a model that fails', 500, () => chat({ messages: [user('[status 500]')] }), { type: 'server_error' }],
      ['a model that is away', 503, () => chat({ messages: [user('[status 503]')] }), { type: 'server_error' }],
      ['a model that breaks off', 502, () => chat({ messages: [user('[cut]')] }), { code: 'upstream_failed' }],
      ['an embedding of nothing', 400, () => call(house, 'POST', '/embeddings', { body: { model: WIRE_MODEL } }), { param: 'input' }],
      [
        'a completion of nothing that is a number',
        400,
        () => call(house, 'POST', '/completions', { body: { model: WIRE_MODEL, prompt: 'a', n: 'x' } }),
        { param: 'n' },
      ],
    ])('%s is an error, %i', async (_name, status, ask, expected) => {
      expect(await expectError(await ask(), status)).toMatchObject(expected)
    })

    test('a key that comes again with another body is refused, 422', async () => {
      const headers = { 'idempotency-key': 'conformance-1' }
      await expectWhole(await orchestrated('Ask mock-search to tell it [say it is once].', {}, headers))
      expect(await expectError(await orchestrated('Ask mock-search to tell it [say it is twice].', {}, headers), 422)).toMatchObject({
        code: 'idempotency_mismatch',
      })
    })

    test.each<[string, () => Promise<Response>]>([
      ['the model’s own', () => chat({ messages: [user('hello [cut]')], stream: true })],
      ['an orchestrated', () => orchestrated(`Tell me about the war, and ${CUT}.`, { stream: true })],
    ])('%s stream that breaks off ends with an error, without a finish and without [DONE]', async (_name, ask) => {
      const { chunks, done } = await readChunks(await ask())
      expect(done).toBe(false)
      const [last, ...before] = chunks.toReversed()
      expectValid('ErrorResponse', last, ['signalbox'])
      expect(before.length).toBeGreaterThan(1)
      for (const chunk of before) expectValid('CreateChatCompletionStreamResponse', chunk, OUR_CHUNK_KEYS)
      expect(before.flatMap(({ choices }) => choices).filter(({ finish_reason: reason }) => reason !== null)).toEqual([])
    })

    test('models, one and all', async () => {
      const list = (await (await call(house, 'GET', '/models')).json()) as { data: { id: string }[] }
      expectValid('ListModelsResponse', list)
      for (const { id } of list.data) expectValid('Model', await (await call(house, 'GET', `/models/${id}`)).json())
      expect(list.data.map(({ id }) => id)).toEqual(expect.arrayContaining(['signalbox-auto', WIRE_MODEL]))
    })

    test('embeddings', async () => {
      const embeddings = await (await call(house, 'POST', '/embeddings', { body: { model: WIRE_MODEL, input: ['a', 'bc'] } })).json()
      expectValid('CreateEmbeddingResponse', embeddings)
    })

    test('completions, whole and streamed', async () => {
      const ask = (stream: boolean) => call(house, 'POST', '/completions', { body: { model: WIRE_MODEL, prompt: 'Once', stream } })
      expectValid('CreateCompletionResponse', await (await ask(false)).json())
      const { chunks, done } = await readChunks(await ask(true))
      expect([chunks.length, done]).toEqual([2, true])
      // The document's `finish_reason` of a streamed completion forgets that it is null until the end.
      for (const chunk of chunks.slice(-1)) expectValid('CreateCompletionResponse', chunk)
    })

    test.each(['/chat/completions', '/embeddings', '/completions'])('what the document shows as requests of %s is taken', async (path) => {
      const examples = spec.exampleRequests(path)
      expect(examples.length).toBeGreaterThan(0)
      for (const example of examples) {
        const response = await call(house, 'POST', path, { body: { ...example, model: WIRE_MODEL } })
        await response.arrayBuffer()
        expect([Object.keys(example), response.status]).toEqual([Object.keys(example), 200])
      }
    })
  })
}

test('stream fidelity: the model’s bytes arrive as they left, wherever they were cut on the way', async () => {
  for (const [question, more] of [
    ['naïve ☂ 🜚 – bytes', {}],
    ['bytes with usage', { stream_options: { include_usage: true, include_obfuscation: false } }],
    ['bytes of three', { n: 3 }],
  ] as const) {
    const response = await chat({ messages: [user(question)], stream: true, ...more })
    expect(await response.text()).toBe(house.model.sent(question))
  }
  const whole = await chat({ messages: [user('whole bytes ☂')] })
  expect(await whole.text()).toBe(house.model.sent('whole bytes ☂'))
})

test('usage: the model’s own numbers arrive in full, and an orchestrated answer’s are the sum of all calls made for it', async () => {
  const whole = (await (await chat({ messages: [user('count me')] })).json()) as Completion
  expect(whole.usage).toEqual(toUsage({ prompt: 'count me' }))
  const before = house.spent.length
  const answer = (await (await orchestrated('Tell me about the war.')).json()) as Completion
  const spent = house.spent.slice(before)
  const sum = (key: keyof (typeof spent)[number]): number => spent.reduce((total, usage) => total + usage[key], 0)
  expect(spent.length).toBeGreaterThan(1)
  expect(answer.usage).toEqual({ prompt_tokens: sum('prompt_tokens'), completion_tokens: sum('completion_tokens'), total_tokens: sum('total_tokens') })
})

test('cost: what the sum of all calls costs at the prices that are set, and nothing where a price is not known', async () => {
  const answer = (await (await orchestrated('Tell me about the war again.')).json()) as Completion & {
    usage: { prompt_tokens: number; completion_tokens: number }
  }
  const { prompt_tokens: prompt, completion_tokens: completion } = answer.usage
  expect(answer.signalbox?.['cost_usd']).toBeCloseTo((prompt * PRICE.input + completion * PRICE.output) / 1_000_000, 9)
  const session = (await (await call(house, 'GET', `/sessions/${String(answer.signalbox?.['session_id'])}`)).json()) as { usage: { cost_usd: number } }
  expect(session.usage.cost_usd).toBeCloseTo(answer.signalbox?.['cost_usd'] as number, 9)
})

test('isolation: two hundred callers at once, over both paths, streamed and not, each get their own and nothing else', async () => {
  const callers = Array.from({ length: 200 }, (_, index) => ({
    mark: `mark-${index}-${(index * 7_919) % 1_009}x`,
    isComplex: index % 5 === 0,
    stream: index % 3 === 0,
  }))
  const answers = await Promise.all(
    callers.map(async ({ mark, isComplex, stream }) => {
      const response = isComplex
        ? await orchestrated(`Ask mock-search to tell it [say it is ${mark}].`, { stream })
        : await chat({ messages: [user(mark)], stream })
      const session = response.headers.get('x-session-id')
      const request = response.headers.get('x-request-id')
      return { text: await response.text(), status: response.status, session, request }
    }),
  )
  for (const [index, { text, status }] of answers.entries()) {
    const { mark } = callers[index] as (typeof callers)[number]
    expect([mark, status, status === 200 ? '' : text]).toEqual([mark, 200, ''])
    expect(new Set(text.match(/mark-\d+-\d+x/g))).toEqual(new Set([mark]))
  }
  expect(new Set(answers.map(({ request }) => request)).size).toBe(200)
  expect(new Set(answers.flatMap(({ session }) => session ?? [])).size).toBe(40)
})

test.each([400, 403, 404, 409, 422, 429, 500, 503])(
  'error propagation: the model’s %i arrives as it was said, and as the exception that clients know',
  async (status) => {
    const response = await chat({ messages: [user(`[status ${status}]`)] })
    expect(response.status).toBe(status)
    const { error } = (await response.json()) as { error: OpenAIError }
    expect(error).toMatchObject({ message: status === 429 ? 'Slow down.' : `It is ${status}.`, param: null })
    if (status === 429) expect([response.headers.get('retry-after'), response.headers.get('x-should-retry')]).toEqual(['7', 'false'])
    const { baseUrl, apiKey } = house.signalbox
    const client = new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 })
    const thrown = await client.chat.completions
      .create({ model: WIRE_MODEL, stream: true, messages: [{ role: 'user', content: `[status ${status}]` }] })
      .catch((reason: unknown) => reason)
    expect(thrown).toBeInstanceOf(OpenAI.APIError)
    expect(thrown).toMatchObject({ status, requestID: expect.stringMatching(/^req_/) })
  },
)

test('error propagation: the gateway’s own key, refused by the model, is not the caller’s fault', async () => {
  const response = await chat({ messages: [user('[status 401]')] })
  expect([response.status, await response.json()]).toMatchObject([502, { error: { code: 'upstream_failed' } }])
})

describe('the API’s own document', () => {
  let document: OwnDocument

  beforeAll(async () => {
    document = await readOwnDocument(house.signalbox.origin)
  })

  test('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone<object>(document.json) as Record<string, unknown>)
    expect([valid, errors]).toEqual([true, undefined])
  })

  test('says what everything that can be looked at really answers, to callers and to operators', async () => {
    const session = (await orchestrated('Ask mock-search to tell it [say it is looked at].')).headers.get('x-session-id') as string
    const dead = (await orchestrated(`Tell me about the war, and ${CUT}.`)).headers.get('x-session-id') as string
    const waiting = orchestrated(askToDeploy('documented'))
    const { id: approval } = await approve(house, 'documented')
    await waiting
    const created = await call(house, 'POST', '/responses', { body: { model: ORCHESTRATED, input: 'Ask mock-search to tell it [say it is kept].' } })
    const { id: response } = (await created.json()) as { id: string }
    const begun = await call(house, 'POST', '/conversations', { body: { items: [{ id: 'msg_kept', ...user('Hello.') }] } })
    const { id: conversation } = (await begun.json()) as { id: string }
    const own = { models: WIRE_MODEL, responses: response, conversations: conversation, sessions: session }
    const ids: Record<string, string> = { ...own, 'dead-letters': dead, 'approvals': approval }
    const looked: string[] = []
    for (const path of document.pathsOf('get')) {
      const [root = ''] = house.signalbox.baseUrl.split('/v1')
      const url = `${root}${path.replace(/^(\/v1\/([\w-]+)\/)\{id\}/, (_, before: string, of: string) => `${before}${ids[of]}`).replace('{item}', 'msg_kept')}`
      for (const key of [house.signalbox.apiKey, house.signalbox.operatorKey]) {
        const leaving = new AbortController()
        const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(30_000)]) })
        // The feed never ends by itself.
        const body = path === '/v1/events' && answer.ok ? '' : await answer.text()
        leaving.abort()
        expect([path, answer.status, document.faultsOf({ method: 'get', path, answer, body })]).toEqual([path, expect.any(Number), []])
        if (answer.status === 200) looked.push(path)
      }
    }
    expect(document.pathsOf('get').filter((path) => !looked.includes(path))).toEqual([])
  })

  test.each<[string, string, () => Promise<Response>]>([
    ['post', '/v1/chat/completions', () => chat({})],
    ['post', '/v1/chat/completions', () => chat({ n: 0 })],
    ['post', '/v1/chat/completions', () => orchestrated('Ask mock-search to tell it [say it is said].')],
    ['post', '/v1/route', () => call(house, 'POST', '/route', { body: { model: 'signalbox-auto', messages: [user('hello')] } })],
    ['post', '/v1/embeddings', () => call(house, 'POST', '/embeddings', { body: { model: WIRE_MODEL, input: 'a' } })],
    ['post', '/v1/completions', () => call(house, 'POST', '/completions', { body: { model: WIRE_MODEL, prompt: 'a' } })],
    [
      'post',
      '/v1/responses',
      () => call(house, 'POST', '/responses', { body: { model: ORCHESTRATED, input: 'Ask mock-search to tell it [say it is done].' } }),
    ],
    ['post', '/v1/conversations', () => call(house, 'POST', '/conversations', { body: { metadata: { topic: 'offers' } } })],
    ['post', '/v1/conversations', () => call(house, 'POST', '/conversations', { body: { items: [{ type: 'item_reference', id: 'msg_1' }] } })],
  ])('says what %s %s answers', async (method, path, ask) => {
    const answer = await ask()
    expect(document.faultsOf({ method, path, answer, body: await answer.text() })).toEqual([])
  })
})

test('the page of the API’s document can be read by anybody: on a phone in the light and on a desk in the dark, all of it open', async () => {
  const browser = await launchBrowser()
  try {
    for (const look of [
      { theme: 'light', size: 'phone' },
      { theme: 'dark', size: 'desktop' },
    ] as const) {
      await using visitor = await openVisitor(browser, { baseUrl: house.signalbox.origin, look })
      await visitor.page.goto('/reference')
      await visitor.page.getByRole('heading', { name: 'Answer a conversation' }).waitFor()
      await visitor.page.evaluate('for (const part of document.querySelectorAll("details")) part.open = true')
      await keepScreenshot(visitor.page, `reference-${look.theme}-${look.size}`)
      expect(await findBarriers(visitor.page)).toEqual([])
      expect(await visitor.page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      expect(visitor.faults()).toEqual([])
    }
  } finally {
    await browser.close()
  }
})

interface OpenAIError {
  message: string
  type: string
  param: string | null
  code: string | null
}
interface Completion {
  error?: OpenAIError
  usage?: Record<string, unknown>
  signalbox?: Record<string, unknown>
}
interface Chunk {
  id: string
  created: number
  model: string
  choices: { index: number; delta: { role?: string; content?: string | null }; finish_reason: string | null }[]
  usage?: { total_tokens: number } | null
  obfuscation?: string
  error?: OpenAIError
}

/** What a chunk of ours says beside what OpenAI has words for. */
const OUR_CHUNK_KEYS = ['signalbox', 'event', 'choices[].delta.reasoning_content']

async function readChunks(response: Response): Promise<{ chunks: Chunk[]; done: boolean }> {
  const chunks: Chunk[] = []
  let done = false
  for await (const event of readSse(response)) {
    expect([event.id, event.event, done]).toEqual([undefined, undefined, false])
    if (event.data === '[DONE]') done = true
    else if (event.data !== undefined) chunks.push(JSON.parse(event.data) as Chunk)
  }
  return { chunks, done }
}

function textOf(chunks: readonly Chunk[]): string {
  return chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.content ?? '')).join('')
}
