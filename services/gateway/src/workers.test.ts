import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { NO_USAGE } from '@signalbox/contracts'
import { eventually, temporaryFolder } from '@signalbox/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator, type Said } from './fixtures/orchestrator.ts'
import { sayCompletion, startUpstream, type ChatAnswer, type TestUpstream } from './fixtures/upstream.ts'

const HELLO = { model: 'signalbox-simple', messages: [{ role: 'user', content: 'hello' }] }
const ASK = { model: 'signalbox-orchestrated', messages: [{ role: 'user', content: 'which of the two is older?' }] }
/** Three processes that start on a machine that is busy. */
const START_MS = 60_000

/** One life of a gateway with two workers, from its start to its stop; each test takes it where the one before has left it. */
describe('a gateway with two workers', { timeout: START_MS }, () => {
  const open = new AsyncDisposableStack()
  let workers: Awaited<ReturnType<typeof startWorkers>>
  let upstream: TestUpstream
  let orchestrator: PuppetOrchestrator
  let answer: ChatAnswer = (response) => sayCompletion(response)

  beforeAll(async () => {
    upstream = open.use(await startUpstream((...call) => answer(...call)))
    orchestrator = open.use(await startOrchestrator((session) => session.say(...DONE)))
    workers = open.use(await startWorkers({ LLM_BASE_URL: upstream.baseUrl, ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN }))
  }, START_MS)
  afterAll(() => open.disposeAsync(), START_MS)

  test('shares the port between them, and without keys all know the one that was told', async () => {
    const served = new Set<unknown>()
    for (let number = 0; number < 6; number++) served.add(await workers.serve(`first-${number}`))
    expect(served.size).toBe(2)
  })

  test('says the metrics of both, whichever is asked', async () => {
    for (let number = 0; number < 2; number++) expect(await workers.countServed()).toBe(6)
  })

  test('finds the session of a first try for a retry that lands on the other worker', async () => {
    const first = await workers.chat(ASK, { 'x-request-id': 'try-1', 'x-stainless-retry-count': '0' })
    const again = await workers.chat(ASK, { 'x-request-id': 'try-2', 'x-stainless-retry-count': '1' })
    expect([again.headers['x-session-id'], again.headers['x-signalbox-deduplicated']]).toEqual([first.headers['x-session-id'], 'true'])
    expect(await workers.whoServed('try-1')).not.toBe(await workers.whoServed('try-2'))
    expect(orchestrator.sessions.size).toBe(1)
  })

  test('replaces a worker that is killed; the other one goes on, and what was counted stays counted', async () => {
    const counted = await workers.countServed()
    const [killed, other] = workers.ready()
    process.kill(killed?.pid as number, 'SIGKILL')
    await eventually('the primary notices', () => workers.lines().some(({ msg }) => String(msg).includes('another one takes its place')))
    for (let number = 0; number < 3; number++) expect(await workers.serve(`alone-${number}`)).toBe(other?.worker)

    await eventually('another worker is ready', () => workers.ready().length === 3, START_MS)
    const served = new Set<unknown>()
    for (let number = 0; number < 6; number++) served.add(await workers.serve(`after-${number}`))
    expect(served).toEqual(new Set([other?.worker, workers.ready()[2]?.worker]))
    expect(await workers.countServed()).toBe(counted + 9)
  })

  test('refuses to start on a port that is taken, with no process left', async () => {
    await using second = await launch({ LLM_BASE_URL: upstream.baseUrl, PORT: new URL(workers.url).port })
    expect(await second.ended).toBe(1)
    expect(second.told()).toContain('is taken')
    expect(second.lines()).toContainEqual(expect.objectContaining({ msg: 'a worker ended before it was ready', code: 1 }))
  })

  test('lets every worker finish what it answers when it is told to stop, and then ends', async () => {
    const release = Promise.withResolvers<void>()
    const held = upstream.taken.length
    answer = async (response) => {
      await release.promise
      sayCompletion(response, 'late')
    }
    const answers = [workers.chat(HELLO), workers.chat(HELLO)]
    await eventually('both are being answered', () => upstream.taken.length === held + 2)
    workers.process.kill('SIGTERM')
    await eventually('both workers stop', () => workers.lines().filter(({ worker, msg }) => worker !== undefined && msg === 'gateway is stopping').length === 2)
    release.resolve()
    for (const late of answers) expect((await late).text).toContain('late')
    expect(await workers.ended).toBe(0)
  })
})

const DONE: Said[] = [
  { type: 'answer.delta', node: 'a', agent: 'rag', offset: 0, text: 'A is older.' },
  { type: 'session.completed', usage: NO_USAGE, citations: [] },
]

interface Answer {
  status: number | undefined
  headers: IncomingMessage['headers']
  text: string
}

interface Launched extends AsyncDisposable {
  process: ChildProcess
  ended: Promise<number | null>
  lines(): Record<string, unknown>[]
  /** Everything on standard error. */
  told(): string
}

/** The gateway as a process of its own, with two workers. */
async function launch(environment: Record<string, string>): Promise<Launched> {
  const folder = await temporaryFolder()
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url))], {
    env: {
      ...process.env,
      GATEWAY_WORKERS: '2',
      PORT: '0',
      SIGNALBOX_API_KEYS: '',
      LLM_BASE_URL: 'http://127.0.0.1:9/v1',
      ORCHESTRATOR_URL: 'http://127.0.0.1:9',
      CONSOLE_ENABLED: 'false',
      DATA_DIR: folder.path,
      ...environment,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const told: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => told.push(line))
  const launched: Launched = {
    process: child,
    ended,
    told: () => told.join('\n'),
    lines: () => told.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      child.kill('SIGTERM')
      await ended
      await folder[Symbol.asyncDispose]()
    },
  }
  return launched
}

async function startWorkers(environment: Record<string, string>) {
  const launched = await launch(environment)
  const ready = await eventually(
    'the gateway is ready',
    () => launched.lines().find(({ msg, workers }) => msg === 'gateway is ready' && workers === 2),
    START_MS,
  )
  const url = String(ready['url'])
  const key = /the key is (sbx_\S+)/.exec(launched.told())?.[1] ?? ''
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    // Each on a connection of its own: connections are what workers share.
    const agent = new Agent({ keepAlive: false })
    const outgoing = request(`${url}${path}`, { method, agent, headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json', ...headers } })
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
    return { status: response.statusCode, headers: response.headers, text: await text(response) }
  }
  const chat = (body: unknown, headers?: Record<string, string>): Promise<Answer> => send('POST', '/v1/chat/completions', body, headers)
  const whoServed = async (id: string): Promise<unknown> => {
    const line = await eventually(`the line of ${id}`, () => launched.lines().find((one) => one['request_id'] === id && one['msg'] === 'request'))
    return line['worker']
  }
  return {
    ...launched,
    url,
    chat,
    whoServed,
    /** Asks, and tells which worker it was that answered. */
    async serve(id: string): Promise<unknown> {
      expect((await chat(HELLO, { 'x-request-id': id })).status).toBe(200)
      return await whoServed(id)
    },
    /** How many requests were answered well, as the metrics have it. */
    async countServed(): Promise<number> {
      return Number(/^http_server_request_duration_count\{.*status_code="200".*\} (\d+)$/m.exec((await send('GET', '/metrics')).text)?.[1])
    },
    ready: () =>
      launched
        .lines()
        .filter(({ msg }) => msg === 'a worker is ready')
        .map(({ worker, pid }) => ({ worker, pid: pid as number })),
  }
}
