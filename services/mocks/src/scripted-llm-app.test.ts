import { CLASSIFIER_SCHEMA_NAME, formatPassages, PLAN_SCHEMA_NAME, readPlan, toSection, type AgentSummary } from '@signalbox/contracts'
import { listen, type Listening } from '@signalbox/service-kit'
import type { APIError } from 'openai'
import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai'
import { afterEach, describe, expect, test } from 'vitest'

import { scriptedLlmConfigSchema } from './config.ts'
import { openScriptedLlm } from './scripted-llm-app.ts'

describe('models', () => {
  test('lists the scripted models and shows each', async () => {
    const client = await scriptedLlm()
    const ids = (await client.models.list()).data.map(({ id }) => id)
    expect(ids).toEqual(['scripted-large', 'scripted-small', 'scripted-embedding'])
    expect((await client.models.retrieve('scripted-small')).owned_by).toBe('signalbox')
  })

  test("takes OpenAI's names, and says which scripted model answered", async () => {
    const client = await scriptedLlm()
    expect((await client.chat.completions.create({ model: 'gpt-4o-mini', messages: [user('Hello')] })).model).toBe('scripted-small')
    expect((await client.chat.completions.create({ model: 'gpt-4.1', messages: [user('Hello')] })).model).toBe('scripted-large')
  })

  test('knows no other model', async () => {
    const client = await scriptedLlm()
    const error = await client.chat.completions.create({ model: 'claude', messages: [user('Hello')] }).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({ code: 'model_not_found', param: 'model' })
    await expect(client.models.retrieve('claude')).rejects.toBeInstanceOf(NotFoundError)
  })
})

describe('chat', () => {
  test('does sums, and counts a token for every four characters', async () => {
    const client = await scriptedLlm()
    const { choices, usage } = await client.chat.completions.create({
      model: 'scripted-small',
      messages: [user('What is 6 * 7?')],
    })
    expect(choices[0]?.message.content).toBe('6 * 7 = 42')
    expect(choices[0]?.finish_reason).toBe('stop')
    expect(usage).toEqual({ prompt_tokens: 8, completion_tokens: 3, total_tokens: 11 })
  })

  test('streams the role, then words, then the reason, then the usage that was asked for', async () => {
    const client = await scriptedLlm()
    const stream = await client.chat.completions.create({
      model: 'scripted-small',
      messages: [user('Say one two three')],
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' })
    expect(chunks.slice(1, 4).map((chunk) => chunk.choices[0]?.delta.content)).toEqual(['one', ' two', ' three'])
    expect(chunks[4]?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks[5]).toMatchObject({ choices: [], usage: { completion_tokens: 4 } })
    expect(chunks).toHaveLength(6)
  })

  test('sends no usage chunk to those who did not ask for one', async () => {
    const client = await scriptedLlm()
    const chunks = []
    for await (const chunk of await client.chat.completions.create({
      model: 'scripted-small',
      messages: [user('Say hi')],
      stream: true,
    }))
      chunks.push(chunk)
    expect(chunks.every((chunk) => chunk.choices.length === 1 && !('usage' in chunk))).toBe(true)
  })

  test('says that it is a stand-in, and how to get a real model, when it cannot answer', async () => {
    const answer = await ask(await scriptedLlm(), 'Write a sonnet about autumn.')
    expect(answer).toContain('scripted model')
    expect(answer).toContain('OPENAI_API_KEY')
    expect(answer).toContain('LLM_BASE_URL')
  })

  test('keeps to max_tokens and to stop words', async () => {
    const client = await scriptedLlm()
    const short = await client.chat.completions.create({
      model: 'scripted-small',
      messages: [user('Say abcdefghij')],
      max_completion_tokens: 1,
    })
    expect(short.choices[0]).toMatchObject({
      finish_reason: 'length',
      message: { content: 'abcd' },
    })
    const stopped = await client.chat.completions.create({
      model: 'scripted-small',
      messages: [user('Say one two three')],
      stop: [' three'],
    })
    expect(stopped.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: 'one two' },
    })
  })

  test('calls a function only when it must, with the emptiest arguments its schema allows', async () => {
    const client = await scriptedLlm()
    const tools = [
      {
        type: 'function' as const,
        function: {
          name: 'weather',
          parameters: {
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
          },
        },
      },
    ]
    const free = await client.chat.completions.create({
      model: 'scripted-small',
      messages: [user('Hello')],
      tools,
    })
    expect(free.choices[0]?.message.tool_calls).toBeUndefined()
    const forced = await client.chat.completions.create({
      model: 'scripted-small',
      messages: [user('Hello')],
      tools,
      tool_choice: 'required',
    })
    expect(forced.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: null,
        tool_calls: [{ type: 'function', function: { name: 'weather', arguments: '{"city":""}' } }],
      },
    })
    const streamed = await client.chat.completions
      .stream({
        model: 'scripted-small',
        messages: [user('Hello')],
        tools,
        tool_choice: { type: 'function', function: { name: 'weather' } },
      })
      .finalMessage()
    expect(streamed.tool_calls?.[0]).toMatchObject({ function: { name: 'weather' } })
  })

  test('names the field that is wrong', async () => {
    const client = await scriptedLlm()
    const wrong = async (body: object): Promise<unknown> => client.post('/chat/completions', { body }).catch((error: unknown) => error)
    expect(await wrong({ model: 'scripted-small', messages: [] })).toMatchObject({
      status: 400,
      param: 'messages',
    })
    expect(await wrong({ model: 'scripted-small', messages: [{ role: 'wizard', content: 'x' }] })).toMatchObject({ status: 400, param: 'messages[0].role' })
    expect(await wrong({ model: 'scripted-small', messages: [user('x')], n: 2 })).toMatchObject({
      status: 400,
      param: 'n',
    })
    expect(await wrong({ model: 'scripted-small', messages: [user('x')], tool_choice: 'required' })).toMatchObject({ status: 400, param: 'tool_choice' })
  })

  test('asks for the key where one is configured', async () => {
    const { url } = await start({ SCRIPTED_LLM_API_KEY: 'right' })
    await expect(clientOf(url, 'wrong').models.list()).rejects.toBeInstanceOf(AuthenticationError)
    expect((await clientOf(url, 'right').models.list()).data).toHaveLength(3)
  })
})

describe('structured output', () => {
  test('classifies the question of a routing prompt and names the rule', async () => {
    const client = await scriptedLlm()
    const schema = {
      type: 'object',
      properties: { needs_orchestration: { type: 'boolean' }, reason: { type: 'string' } },
      required: ['needs_orchestration', 'reason'],
      additionalProperties: false,
    }
    const verdict = await askJson(client, toSection('question', 'Compare apples with pears.'), {
      name: CLASSIFIER_SCHEMA_NAME,
      schema,
    })
    expect(verdict).toEqual({
      needs_orchestration: true,
      reason: 'comparison: holds things side by side',
    })
  })

  test('plans with the agents it is given, in the keys of the schema it is given', async () => {
    const client = await scriptedLlm()
    const agents: AgentSummary[] = [agentWith('rag', 'retrieve'), agentWith('reasoning', 'reason', 'answer')]
    const prompt = [toSection('agents', JSON.stringify(agents)), toSection('goal', 'Compare apples with pears.')].join('\n\n')
    const node = {
      type: 'object',
      properties: {
        id: { type: 'string' },
        agent: { type: 'string' },
        instruction: { type: 'string' },
        needs: { type: 'array', items: { type: 'string' } },
        when: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      },
    }
    const schema = {
      type: 'object',
      properties: {
        nodes: {
          type: 'array',
          items: { ...node, required: Object.keys(node.properties), additionalProperties: false },
        },
        answer: { type: 'string' },
      },
      required: ['nodes', 'answer'],
      additionalProperties: false,
    }
    const plan = (await askJson(client, prompt, { name: PLAN_SCHEMA_NAME, schema })) as {
      nodes: Record<string, unknown>[]
      answer: string
    }
    expect(Object.keys(plan)).toEqual(['nodes', 'answer'])
    expect(Object.keys(plan.nodes[0] ?? {}).toSorted()).toEqual(['agent', 'id', 'instruction', 'needs', 'when'])
    expect(plan.nodes.map(({ when }) => when)).toEqual([null, null, null, null])
    const nodes = plan.nodes.map(({ when: _when, ...rest }) => rest)
    expect(readPlan({ goal: 'x', nodes, answer: plan.answer }, agents).faults).toEqual([])
  })

  test('fills any other schema with the emptiest value it allows', async () => {
    const client = await scriptedLlm()
    const schema = {
      type: 'object',
      properties: {
        mood: { enum: ['good', 'bad'] },
        count: { type: 'integer', minimum: 1 },
        note: { type: ['string', 'null'] },
      },
      required: ['mood', 'count', 'note'],
      additionalProperties: false,
    }
    expect(await askJson(client, 'How was it?', { name: 'review', schema })).toEqual({
      mood: 'good',
      count: 1,
      note: null,
    })
  })

  test('answers in JSON where only that is asked for', async () => {
    const client = await scriptedLlm()
    const { choices } = await client.chat.completions.create({
      model: 'scripted-small',
      messages: [user('What is 1 + 1?')],
      response_format: { type: 'json_object' },
    })
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ answer: '1 + 1 = 2' })
  })
})

describe('answers from passages', () => {
  test('quotes what fits the question and cites it', async () => {
    const passages = [
      {
        source: 'fruit/apples.md',
        start: 0,
        end: 80,
        text: 'Apples are stored in a cool cellar. Their skin is red or green.',
      },
      {
        source: 'fruit/pears.md',
        start: 0,
        end: 80,
        text: 'Pears ripen after they are picked. Nobody paints them.',
      },
    ]
    const prompt = [
      toSection('goal', 'Where are apples stored?'),
      toSection('instruction', 'Write the answer to the goal.'),
      toSection('passages', formatPassages(passages)),
    ].join('\n\n')
    const answer = await ask(await scriptedLlm(), prompt)
    expect(answer).toContain('Apples are stored in a cool cellar. [1]')
    expect(answer).not.toContain('[2]')
  })
})

describe('embeddings', () => {
  test('are unit vectors that lie closer where texts share words', async () => {
    const client = await scriptedLlm()
    const { data, usage } = await client.embeddings.create({
      model: 'scripted-embedding',
      input: ['retrying failed jobs', 'jobs that failed are retried', 'a poem about the sea'],
      encoding_format: 'float',
    })
    const [one, two, three] = data.map(({ embedding }) => embedding) as [number[], number[], number[]]
    expect(Math.hypot(...one)).toBeCloseTo(1, 5)
    expect(dot(one, two)).toBeGreaterThan(dot(one, three) + 0.2)
    expect(usage.prompt_tokens).toBe(17)
  })

  test('come in base64 as in numbers, in as many dimensions as asked, and the same every time', async () => {
    const client = await scriptedLlm()
    // The client asks for base64 when nothing is said, and decodes it.
    const decoded = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: 'hello there',
      dimensions: 64,
    })
    const plain = await client.embeddings.create({
      model: 'text-embedding-3-small',
      input: ['hello there'],
      dimensions: 64,
      encoding_format: 'float',
    })
    expect(decoded.data[0]?.embedding).toHaveLength(64)
    expect([...(decoded.data[0]?.embedding ?? [])]).toEqual(plain.data[0]?.embedding)
  })

  test('refuse empty input and chat models', async () => {
    const client = await scriptedLlm()
    await expect(client.embeddings.create({ model: 'scripted-embedding', input: '' })).rejects.toBeInstanceOf(BadRequestError)
    await expect(client.embeddings.create({ model: 'scripted-large', input: 'x' })).rejects.toMatchObject({ status: 400, param: 'model' })
  })
})

describe('faults on demand', () => {
  test('status and retry-after', async () => {
    const error = await askWithFault('status=429;retry-after=1')
    expect(error).toBeInstanceOf(RateLimitError)
    expect((error as APIError).headers?.get('retry-after')).toBe('1')
    expect(await askWithFault('status=503')).toMatchObject({ status: 503, type: 'server_error' })
  })

  test('delay comes before everything else', async () => {
    const before = performance.now()
    expect(await askWithFault('delay=60;status=500')).toMatchObject({ status: 500 })
    expect(performance.now() - before).toBeGreaterThanOrEqual(59)
  })

  test('hang lasts until the caller leaves, and does not keep the service from stopping', async () => {
    expect(await askWithFault('hang', { timeout: 100 })).toMatchObject({
      message: 'Request timed out.',
    })
    const { url, listening } = await start()
    const hanging = clientOf(url)
      .models.list({ headers: { 'x-mock-fault': 'hang' }, timeout: 5_000 })
      .catch((error: unknown) => error)
    await fetch(`${url}/healthz`)
    await listening.stop(2_000)
    expect(await hanging).toBeInstanceOf(Error)
  })

  test('cut breaks a body off, and a stream in its middle', async () => {
    const { url } = await start()
    const whole = await fetch(`${url}/v1/models`, { headers: { 'x-mock-fault': 'cut=20' } })
    await expect(whole.text()).rejects.toThrow()
    const stream = await clientOf(url).chat.completions.create(
      { model: 'scripted-small', messages: [user('Say a b c d e f g h')], stream: true },
      { headers: { 'x-mock-fault': 'cut=600' } },
    )
    let text = ''
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    })()
    await expect(reading).rejects.toThrow()
    expect(text.startsWith('a')).toBe(true)
    expect(text).not.toContain('h')
  })

  test('garbage is a page of HTML with status 200', async () => {
    const { url } = await start()
    const response = await fetch(`${url}/v1/models`, { headers: { 'x-mock-fault': 'garbage' } })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toContain('text/html')
  })

  test('invalid-json breaks the JSON of a body and of a stream', async () => {
    expect(await askWithFault('invalid-json')).toBeInstanceOf(SyntaxError)
    const { url } = await start()
    const stream = await clientOf(url).chat.completions.create(
      { model: 'scripted-small', messages: [user('Say hi')], stream: true },
      { headers: { 'x-mock-fault': 'invalid-json' } },
    )
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow(SyntaxError)
  })

  test('no-finish ends an answer without a reason', async () => {
    const { url } = await start()
    const body = JSON.stringify({
      model: 'scripted-small',
      messages: [user('Say hi')],
      stream: true,
    })
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'x-mock-fault': 'no-finish' },
    })
    const text = await response.text()
    expect(text).toContain('"content":"hi"')
    expect(text).not.toContain('"finish_reason":"stop"')
    expect(text).not.toContain('[DONE]')
  })

  test('malformed-structured is JSON that is not what was asked for', async () => {
    const client = await scriptedLlm()
    const schema = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    }
    expect(await askJson(client, 'x', { name: 'review', schema }, { 'x-mock-fault': 'malformed-structured' })).toEqual({ nonsense: true })
  })

  test('a fault that is not one is refused, and nothing is answered', async () => {
    expect(await askWithFault('explode')).toMatchObject({ status: 400, param: 'x-mock-fault' })
    expect(await askWithFault('status=200')).toMatchObject({ status: 400, param: 'x-mock-fault' })
    expect(await askWithFault('hang;garbage')).toMatchObject({
      status: 400,
      param: 'x-mock-fault',
    })
  })

  test('can be planned in the configuration, for a kind of request and so many times', async () => {
    const { url } = await start({
      SCRIPTED_LLM_FAULTS: 'chat: status=503 *1, embeddings: status=500',
    })
    const client = clientOf(url)
    await expect(ask(client, 'Say hi')).rejects.toMatchObject({ status: 503 })
    expect(await ask(client, 'Say hi')).toBe('hi')
    for (let time = 0; time < 2; time++)
      await expect(client.embeddings.create({ model: 'scripted-embedding', input: 'x' })).rejects.toMatchObject({ status: 500 })
  })
})

const open: Listening[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((listening) => listening.stop(0)))
})

async function start(environment: Record<string, string> = {}): Promise<{ url: string; listening: Listening }> {
  const config = scriptedLlmConfigSchema.parse({
    PORT: '0',
    LOG_LEVEL: 'silent',
    SCRIPTED_LLM_DELAY_MS: '0',
    ...environment,
  })
  const listening = await listen(await openScriptedLlm(config), {
    host: '127.0.0.1',
    port: 0,
    guarded: false,
  })
  open.push(listening)
  return { url: listening.url, listening }
}

function clientOf(url: string, apiKey = 'none'): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })
}

async function scriptedLlm(): Promise<OpenAI> {
  return clientOf((await start()).url)
}

function user(content: string): { role: 'user'; content: string } {
  return { role: 'user', content }
}

async function ask(client: OpenAI, prompt: string): Promise<string> {
  const { choices } = await client.chat.completions.create({
    model: 'scripted-large',
    messages: [user(prompt)],
  })
  return choices[0]?.message.content ?? ''
}

async function askJson(
  client: OpenAI,
  prompt: string,
  json_schema: { name: string; schema: Record<string, unknown> },
  headers: Record<string, string> = {},
): Promise<unknown> {
  const format = { type: 'json_schema' as const, json_schema: { ...json_schema, strict: true } }
  const { choices } = await client.chat.completions.create({ model: 'scripted-large', messages: [user(prompt)], response_format: format }, { headers })
  return JSON.parse(choices[0]?.message.content ?? '')
}

async function askWithFault(fault: string, options: { timeout?: number } = {}): Promise<unknown> {
  const client = await scriptedLlm()
  return client.chat.completions
    .create({ model: 'scripted-small', messages: [user('Say hi')] }, { ...options, headers: { 'x-mock-fault': fault } })
    .catch((error: unknown) => error)
}

function agentWith(id: string, ...skills: string[]): AgentSummary {
  return {
    id,
    description: `the ${id} agent`,
    skills: skills.map((skill) => ({
      id: skill,
      name: skill,
      description: skill,
      tags: [],
      examples: [],
    })),
  }
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)
}
