import { NO_USAGE, type SessionEvent } from '@signalbox/contracts'
import { eventually, readSse, type SseEvent } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { startGateway, type ErrorBody, type TestGateway } from './fixtures/gateway.ts'
import { SERVICE_TOKEN, startOrchestrator, type PuppetOrchestrator, type PuppetSession, type Said } from './fixtures/orchestrator.ts'

const DONE: Said = { type: 'session.completed', usage: NO_USAGE, citations: [] }
const progress = (text: string): Said => ({ type: 'node.progress', node: 'n1', agent: 'rag', text })

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

test('a session’s events come numbered, in the contract’s shape, and end with the session', async () => {
  const { gateway, session } = await gatewayWithSession()
  session.say(progress('reading'))
  const response = await gateway.get(eventsOf(session))
  expect(Object.fromEntries(response.headers)).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'x-session-id': session.view.id })
  const told: SseEvent[] = []
  for await (const event of readSse(response)) {
    told.push(event)
    if (told.length === 2) session.say(progress('still reading'), { type: 'answer.delta', node: 'n1', agent: 'rag', offset: 0, text: 'A' }, DONE)
  }
  expect(told.map(({ id }) => id)).toEqual(['1', '2', '3', '4', '5'])
  expect(told.every(({ event }) => event === undefined)).toBe(true)
  expect(told.map(({ data }) => JSON.parse(data as string) as SessionEvent)).toEqual(session.events)
})

test.each<[string, (after: number) => [query: string, headers: Record<string, string>]]>([
  ['Last-Event-ID', (after) => ['', { 'last-event-id': String(after) }]],
  ['?after=', (after) => [`?after=${after}`, {}]],
  ['Last-Event-ID, whatever the URL still says,', (after) => ['?after=1', { 'last-event-id': String(after) }]],
])('%s goes on after that event, while the session runs and when it is over', async (_name, from) => {
  const { gateway, session } = await gatewayWithSession()
  session.say(progress('one'), progress('two'), progress('three'))
  const [query, headers] = from(2)
  const running = await gateway.get(`${eventsOf(session)}${query}`, { headers })
  session.say(DONE)
  expect(await idsOf(running)).toEqual([3, 4, 5])
  expect(await idsOf(await gateway.get(`${eventsOf(session)}${query}`, { headers }))).toEqual([3, 4, 5])
})

test('whoever comes again after the last event is told that there is no more', async () => {
  const { gateway, session } = await gatewayWithSession()
  session.say(DONE)
  expect((await gateway.get(eventsOf(session), { headers: { 'last-event-id': '2' } })).status).toBe(204)
  expect((await gateway.get(eventsOf(session), { headers: { 'last-event-id': '99' } })).status).toBe(204)
  const asked = await gateway.get(`${eventsOf(session)}?after=2`)
  expect([asked.status, await asked.text()]).toEqual([200, ''])
})

test.each<[string, boolean]>([
  ['that goes on where it was asked to', true],
  ['that tells everything again', false],
])('a break before the orchestrator, one %s, is mended without a word', async (_name, numbered) => {
  const { gateway, session, orchestrator } = await gatewayWithSession({}, numbered)
  const ids: number[] = []
  for await (const { id } of readSse(await gateway.get(eventsOf(session)))) {
    if (id === undefined) continue
    ids.push(Number(id))
    if (ids.length === 1) {
      await eventually('the live line', () => orchestrator.subscriptions.length > 0)
      session.say(progress('one'))
    }
    if (ids.length !== 2) continue
    await orchestrator.goAway()
    session.say(progress('two'))
    await orchestrator.comeBack()
    session.say(progress('three'), DONE)
  }
  expect(ids).toEqual([1, 2, 3, 4, 5])
  // Only what was missed is asked for.
  if (numbered) expect(orchestrator.subscriptions.map(({ after }) => after)).toEqual([1, 2])
})

test('a session that ends while the orchestrator is away is told to its end', async () => {
  const { gateway, session, orchestrator } = await gatewayWithSession()
  const ids: number[] = []
  for await (const { id } of readSse(await gateway.get(eventsOf(session)))) {
    ids.push(Number(id))
    if (ids.length !== 1) continue
    await orchestrator.goAway()
    session.say(progress('one'), DONE)
    await orchestrator.comeBack()
  }
  expect(ids).toEqual([1, 2, 3])
})

test('more events than a page holds are all told', async () => {
  const { gateway, session } = await gatewayWithSession()
  session.say(...Array.from({ length: 1_200 }, (_, index) => progress(String(index))), DONE)
  expect(await idsOf(await gateway.get(eventsOf(session)))).toEqual(Array.from({ length: 1_202 }, (_, index) => index + 1))
})

test('a failed session that was redriven is told past its first end', async () => {
  const { gateway, session } = await gatewayWithSession()
  const failed: Said = { type: 'session.failed', error: { code: 'agent_failed', message: 'x' }, usage: NO_USAGE }
  session.say(failed)
  expect(await idsOf(await gateway.get(eventsOf(session)))).toEqual([1, 2])
  session.say({ type: 'session.redriven', nodes: ['n1'] })
  const running = await gateway.get(eventsOf(session))
  session.say(progress('again'), DONE)
  expect(await idsOf(running)).toEqual([1, 2, 3, 4, 5])
})

test('silence is filled with comments, also while the session is paused', async () => {
  const { gateway, session } = await gatewayWithSession({ KEEP_ALIVE_MS: '20' })
  session.say({ type: 'session.paused' })
  let comments = 0
  for await (const { comment } of readSse(await gateway.get(eventsOf(session)))) {
    if (comment === undefined) continue
    expect(comment).toBe('keep-alive')
    if (++comments === 3) session.say({ type: 'session.unpaused' }, DONE)
  }
  expect(comments).toBeGreaterThanOrEqual(3)
})

test('a hundred followers of one session each hear all of it once', async () => {
  const { gateway, session } = await gatewayWithSession()
  const following = await Promise.all(Array.from({ length: 100 }, () => gateway.get(eventsOf(session))))
  const heard = following.map(idsOf)
  for (let index = 0; index < 50; index++) session.say(progress(String(index)))
  session.say(DONE)
  const expected = Array.from({ length: 52 }, (_, index) => index + 1)
  for (const ids of await Promise.all(heard)) expect(ids).toEqual(expected)
})

test('a follower that leaves is let go, and the session goes on', async () => {
  const { gateway, session } = await gatewayWithSession()
  const leaving = new AbortController()
  const response = await gateway.get(eventsOf(session), { signal: leaving.signal })
  await response.body?.getReader().read()
  leaving.abort()
  const line = await eventually('the line of the log', () =>
    gateway.lines().find(({ path, disconnected }) => path === eventsOf(session) && disconnected === true),
  )
  expect(line).toMatchObject({ session_id: session.view.id, status: 200 })
  expect(line).not.toHaveProperty('errorCode')
  expect(session.view.status).toBe('active')
})

test('a gateway that stops says so, so that its followers come again', async () => {
  const { gateway, session } = await gatewayWithSession()
  const response = await gateway.get(eventsOf(session))
  const reading = readAll(response)
  await gateway.listening.stop(80)
  const last = (await reading).at(-1)
  expect(last?.id).toBeUndefined()
  expect((JSON.parse(last?.data ?? '{}') as ErrorBody).error).toMatchObject({ code: 'unavailable' })
})

test.each<[string, string, Record<string, string>, string]>([
  ['a number that is none', '?after=x', {}, 'after'],
  ['a negative one', '?after=-1', {}, 'after'],
  ['one too large for a number', `?after=${'9'.repeat(30)}`, {}, 'after'],
  ['a header that is no number', '', { 'last-event-id': '1; DROP' }, 'Last-Event-ID'],
])('%s: 400', async (_name, query, headers, param) => {
  const { gateway, session } = await gatewayWithSession()
  const response = await gateway.get(`${eventsOf(session)}${query}`, { headers })
  expect(response.status).toBe(400)
  expect(((await response.json()) as ErrorBody).error.param).toBe(param)
})

test('HEAD is refused at once, and does not wait for the session’s end', async () => {
  const { gateway, session } = await gatewayWithSession()
  expect((await gateway.get(eventsOf(session), { method: 'HEAD' })).status).toBe(405)
})

async function gatewayWithSession(
  environment: Record<string, string> = {},
  numbered = true,
): Promise<{ gateway: TestGateway; orchestrator: PuppetOrchestrator; session: PuppetSession }> {
  const orchestrator = await startOrchestrator(undefined, { numbered })
  open.push(orchestrator)
  const gateway = await startGateway({ LLM_BASE_URL: 'http://127.0.0.1:9/v1', ORCHESTRATOR_URL: orchestrator.url, SERVICE_TOKEN, ...environment })
  open.push(gateway)
  const response = await gateway.chat({ model: 'signalbox-orchestrated', stream: true, messages: [{ role: 'user', content: 'do it' }] })
  await response.body?.cancel()
  return { gateway, orchestrator, session: [...orchestrator.sessions.values()][0] as PuppetSession }
}

const eventsOf = ({ view }: PuppetSession): string => `/v1/sessions/${view.id}/events`

async function readAll(response: Response): Promise<SseEvent[]> {
  const events: SseEvent[] = []
  for await (const event of readSse(response)) events.push(event)
  return events
}

async function idsOf(response: Response): Promise<number[]> {
  const events = await readAll(response)
  return events.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]))
}
