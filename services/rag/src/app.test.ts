import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { connectAgent, dataOf, textOf, type AgentConnection, type Part } from '@signalbox/a2a'
import { citationsPartSchema, EXTENSIONS, passagesPartSchema, SKILLS } from '@signalbox/contracts'
import { listen, type Listening } from '@signalbox/service-kit'
import { openTelemetry } from '@signalbox/telemetry'
import { sayError, sayStream, startModelUpstream, temporaryFolder, type ModelUpstream, type UpstreamAnswer } from '@signalbox/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { openRag } from './app.ts'
import { ragConfigSchema } from './config.ts'
import { ingestPaths } from './ingest/ingest-paths.ts'

const TOKEN = 'a-service-token-of-tests'
const OWLS = '# Owls\n\nOwls hunt at night. Their flight is silent.\n\n## Food\n\nOwls eat mice.'
const INGEST = fileURLToPath(new URL('ingest-main.ts', import.meta.url))

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let model: ModelUpstream
let answer: UpstreamAnswer
let rag: Listening
let agent: AgentConnection

beforeAll(async () => {
  folder = await temporaryFolder()
  model = await startModelUpstream((response, call, index) => answer(response, call, index))
  const telemetry = openTelemetry({ service: 'rag', level: 'silent' })
  const config = ragConfigSchema.parse({
    DATA_DIR: folder.path,
    SERVICE_TOKEN: TOKEN,
    LLM_BASE_URL: model.baseUrl,
    LLM_RETRIES: '0',
    PUBLIC_URL: 'http://rag.example',
    INGEST_MAX_BYTES: '20000',
  })
  rag = await listen(await openRag(config, { telemetry }), { host: '127.0.0.1', port: 0, guarded: true })
  agent = connectAgent({ url: rag.url, token: TOKEN, telemetry })
}, 60_000)

afterAll(async () => {
  await agent?.close()
  await rag?.stop(0)
  await model?.[Symbol.asyncDispose]()
  await folder?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  const { documents } = await call<{ documents: { id: string }[] }>('GET', '/v1/documents')
  for (const { id } of documents) await call('DELETE', `/v1/documents/${id}`)
})

describe('documents', () => {
  test('are laid in one by one or many at once, each with what became of it', async () => {
    expect(await call('POST', '/v1/documents', { source: 'owls.md', text: OWLS })).toEqual({ results: [{ source: 'owls.md', status: 'added', passages: 1 }] })
    const offered = [
      { source: 'owls.md', text: OWLS },
      { source: 'empty.md', text: ' ' },
      { source: 'hawks.md', text: 'Hawks hunt by day.' },
    ]
    expect(await call('POST', '/v1/documents', { documents: offered })).toEqual({
      results: [
        { source: 'owls.md', status: 'unchanged', passages: 0 },
        { source: 'empty.md', status: 'failed', passages: 0, reason: 'there is no text in it' },
        { source: 'hawks.md', status: 'added', passages: 1 },
      ],
    })
    expect(await call('GET', '/v1/stats')).toEqual({ documents: 2, passages: 2, vectors: null })
  })

  test('are listed page by page, and removed', async () => {
    for (const name of ['a', 'b', 'c']) await call('POST', '/v1/documents', { source: name, text: `about ${name}` })
    const first = await call<{ documents: { id: string; source: string }[]; next: string }>('GET', '/v1/documents?limit=2')
    expect(first.documents.map(({ source }) => source)).toEqual(['a', 'b'])
    const second = await call<{ documents: { source: string }[]; next: null }>('GET', `/v1/documents?limit=2&after=${first.next}`)
    expect(second).toMatchObject({ documents: [{ source: 'c', length: 7, passages: 1 }], next: null })
    expect((await request('DELETE', `/v1/documents/${first.documents[0]?.id}`)).status).toBe(204)
    expect((await request('DELETE', `/v1/documents/${first.documents[0]?.id}`)).status).toBe(404)
  })

  test.each([
    ['no JSON', '{', 400, 'not valid JSON'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'not UTF-8'],
    ['the wrong shape', '{"documents":[{"source":"a"}]}', 400, 'documents.0.text'],
    ['nothing', '{"documents":[]}', 400, 'documents'],
    ['a name that is none', '{"source":"a\\u0000b","text":"x"}', 400, 'source'],
    ['too much', JSON.stringify({ source: 'a', text: 'x'.repeat(20_000) }), 413, 'larger than 20000 bytes'],
  ])('%s are refused by name', async (_name, body, status, words) => {
    const response = await request('POST', '/v1/documents', body)
    expect(response.status).toBe(status)
    expect(await response.text()).toContain(words)
  })

  test.each([
    ['GET', '/v1/documents?limit=0', 400],
    ['GET', '/v1/documents?after=%00', 400],
    ['DELETE', '/v1/documents/%00', 404],
  ])('%s %s is refused, not stumbled over', async (method, path, status) => {
    expect((await request(method, path)).status).toBe(status)
  })

  test('are nobody’s business without the service token', async () => {
    for (const [method, path] of [
      ['GET', '/v1/documents'],
      ['POST', '/v1/documents'],
      ['GET', '/v1/stats'],
      ['POST', '/v1/index'],
    ] as const) {
      expect((await fetch(`${rag.url}${path}`, { method })).status).toBe(401)
    }
  })
})

describe('the agent', () => {
  test('says in its card how much it knows', async () => {
    expect((await agent.card({ signal: soon(), fresh: true })).description).toContain('Holds no documents yet.')
    await call('POST', '/v1/documents', { source: 'owls.md', text: OWLS })
    const card = await agent.card({ signal: soon(), fresh: true })
    expect(card.description).toContain('Holds one document.')
    expect(card.extensions).toContain(EXTENSIONS.inputs)
    expect(card.skills.map(({ id }) => id)).toEqual([SKILLS.retrieve, SKILLS.answerFromKnowledge])
  })

  test('retrieves passages with their file, place and score', async () => {
    await call('POST', '/v1/documents', {
      documents: [
        { source: 'owls.md', text: OWLS },
        { source: 'hawks.md', text: 'Hawks hunt by day.' },
      ],
    })
    const artifacts = await ask('Find what the documents say about owls that hunt at night', SKILLS.retrieve)
    const parts = artifacts.get('passages') ?? []
    expect(textOf(parts)).toBe('2 passages from 2 documents: owls.md, hawks.md')
    const { query, passages } = passagesPartSchema.parse(dataOf(parts)[0])
    expect(query).toBe('owls that hunt at night')
    expect(passages[0]).toMatchObject({ source: 'owls.md', title: 'Owls', score: 1 })
    expect(OWLS.slice(passages[0]?.start, passages[0]?.end)).toBe(passages[0]?.text)
  })

  test('says so where nothing is found', async () => {
    const artifacts = await ask('zebras', SKILLS.retrieve)
    expect(textOf(artifacts.get('passages') ?? [])).toBe('Nothing in the knowledge base speaks of this.')
  })

  test('answers from what it found, streamed, with numbers that lead to the place', async () => {
    await call('POST', '/v1/documents', { source: 'owls.md', text: OWLS })
    answer = (response) => sayStream(response, ['Owls hunt ', 'at night [1', '] and so on [7].'])
    const artifacts = await ask('When do owls hunt?', SKILLS.answerFromKnowledge)
    const text = textOf(artifacts.get('answer') ?? [])
    expect(text).toContain('Owls hunt at night [1] and so on')
    expect(text).not.toContain('[7]')
    expect(text).toContain('owls.md')
    const { citations } = citationsPartSchema.parse(dataOf(artifacts.get('citations') ?? [])[0])
    expect(citations).toEqual([{ n: 1, source: 'owls.md', title: 'Owls', start: 0, end: OWLS.length }])
    expect(model.calls.at(-1)?.prompt).toMatch(/Owls eat mice/)
  })

  test('fails in words when the model does, and never with half an answer', async () => {
    await call('POST', '/v1/documents', { source: 'owls.md', text: OWLS })
    answer = (response) => sayError(response, 503)
    await expect(ask('When do owls hunt?', SKILLS.answerFromKnowledge)).rejects.toThrow(/failed/)
  })

  test.each([
    ['an unknown skill', 'owls', 'dance'],
    ['no words', ' ', SKILLS.retrieve],
  ])('refuses %s', async (_name, words, skill) => {
    await expect(ask(words, skill)).rejects.toThrow()
  })

  test('refuses a context that is none, rather than guess', async () => {
    const parts: Part[] = [
      { kind: 'text', text: 'owls' },
      { kind: 'data', data: { kind: 'node-context', goal: 'x' } },
    ]
    const answered = await agent.send({ parts }, { signal: soon() })
    expect(answered).toMatchObject({
      status: { state: 'failed', message: { parts: [{ text: expect.stringContaining('The node-context part is not one: conversation') }] } },
    })
  })

  test('is ready while its database answers', async () => {
    const response = await fetch(`${rag.url}/readyz`)
    expect(await response.json()).toMatchObject({ status: 'ready', checks: { database: 'ok' } })
  })
})

describe('ingestion', () => {
  test('lays a folder in once, and again only what changed', async () => {
    await using files = await temporaryFolder()
    const docs = join(files.path, 'docs')
    await mkdir(docs)
    for (let index = 0; index < 45; index += 1) await writeFile(join(docs, `${index}.md`), `# Number ${index}\n\nWords about owls and ${index}.`)
    const shown: string[] = []
    const run = () =>
      ingestPaths({
        paths: [docs],
        url: rag.url,
        token: TOKEN,
        onProgress: ({ done, total }) => shown.push(`${done}/${total}`),
        signal: AbortSignal.timeout(30_000),
      })
    expect(await run()).toEqual({ added: 45, updated: 0, unchanged: 0, failed: [], passages: 45 })
    expect(shown).toEqual(['32/45', '45/45'])
    expect(await call('GET', '/v1/stats')).toMatchObject({ documents: 45, vectors: { model: 'lsa-256', passages: 45 } })
    await writeFile(join(docs, '7.md'), 'Words of another kind.')
    expect(await run()).toMatchObject({ added: 0, updated: 1, unchanged: 44 })
  })

  test('goes on past what is too large for one call, and names what is too large at all', async () => {
    await using files = await temporaryFolder()
    for (const [name, size] of Object.entries({ a: 15_000, b: 15_000, c: 25_000 })) await writeFile(join(files.path, `${name}.txt`), 'owl '.repeat(size / 4))
    const summary = await ingestPaths({ paths: [files.path], url: rag.url, token: TOKEN, onProgress: () => undefined, signal: AbortSignal.timeout(30_000) })
    expect(summary).toMatchObject({ added: 2, failed: [{ reason: expect.stringContaining('larger than the service takes') }] })
  })

  test('tells a wrong token from a service that is not there', async () => {
    await using files = await temporaryFolder()
    await writeFile(join(files.path, 'a.md'), 'x')
    const to = (url: string, token: string) => ingestPaths({ paths: [files.path], url, token, onProgress: () => undefined, signal: soon() })
    await expect(to(rag.url, 'another')).rejects.toThrow('does not take this service token')
    await expect(to('http://127.0.0.1:9', TOKEN)).rejects.toThrow('cannot be reached')
  })

  test('as a command: lines for those who read later, and an exit code that tells of failures', async () => {
    await using files = await temporaryFolder()
    await writeFile(join(files.path, 'good.md'), 'Words.')
    await writeFile(join(files.path, 'bad.txt'), Buffer.from([0xff, 0xfe, 0xfd]))
    const { code, stdout, stderr } = await command(['--url', rag.url, files.path], { SERVICE_TOKEN: TOKEN })
    expect(stdout).toMatch(/^1 added, 0 updated, 0 unchanged, 1 failed: 1 new passages in [\d.]+ s\.\n {2}\S+bad\.txt: not UTF-8/)
    expect(stderr).toContain('2/2 documents')
    expect(code).toBe(1)
    expect(await command(['--help'], {})).toMatchObject({ code: 0, stdout: expect.stringContaining('npm run ingest -- PATH') })
    expect(await command(['--nonsense'], {})).toMatchObject({ code: 1, stderr: expect.stringContaining('--help') })
  }, 60_000)

  test('as a command without a service: the same data, opened where the command runs', async () => {
    await using files = await temporaryFolder()
    await writeFile(join(files.path, 'good.md'), 'Words.')
    const environment = { DATA_DIR: join(files.path, '.data'), RAG_URL: 'http://127.0.0.1:9' }
    const first = await command([join(files.path, 'good.md')], environment)
    expect(first.stderr).toContain('No rag service at http://127.0.0.1:9: opening the knowledge base in')
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^1 added/) })
    expect(await command([join(files.path, 'good.md')], environment)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^0 added, 0 updated, 1 unchanged/),
    })
  }, 90_000)
})

/** Asks the agent for a skill, and gathers what each artifact says. Throws when the task does not complete. */
async function ask(words: string, skill: string): Promise<Map<string, Part[]>> {
  const artifacts = new Map<string, Part[]>()
  let state = ''
  const context = { kind: 'node-context', goal: words, skill, conversation: [{ role: 'user', text: words }] }
  for await (const event of agent.stream(
    {
      parts: [
        { kind: 'text', text: words },
        { kind: 'data', data: context },
      ],
    },
    { signal: soon() },
  )) {
    if (event.type === 'artifact') artifacts.set(event.artifact.artifactId, [...(artifacts.get(event.artifact.artifactId) ?? []), ...event.artifact.parts])
    if (event.type === 'status') state = event.status.state
  }
  if (state !== 'completed') throw new Error(`the task ${state}`)
  return artifacts
}

function request(method: string, path: string, body?: unknown): Promise<Response> {
  const raw = typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body)
  return fetch(`${rag.url}${path}`, {
    method,
    headers: { 'authorization': `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: raw }),
  })
}

async function call<Answer = unknown>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await request(method, path, body)
  return (response.status === 204 ? undefined : await response.json()) as Answer
}

function command(words: string[], environment: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [INGEST, ...words], { cwd: folder.path, env: { PATH: process.env['PATH'], ...environment } }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    )
  })
}

function soon(): AbortSignal {
  return AbortSignal.timeout(10_000)
}
