import { eventually } from '@signalbox/testing'
import { afterEach, expect, test } from 'vitest'

import { chatOf, COMPLEX, SIMPLE, startRouting, type RoutingWorld } from './fixtures/routing.ts'
import { sayVerdict, type ChatAnswer, type TakenRequest } from './fixtures/upstream.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]()
})

async function routingWith(classify: ChatAnswer, environment: Record<string, string> = {}): Promise<RoutingWorld> {
  const world = await startRouting(classify, environment)
  open.push(world)
  return world
}

test('“continue” after an orchestrated answer is orchestrated, and the reason says what it goes on with', async () => {
  const { gateway, orchestrator, asked, routeOf } = await routingWith(COMPLEX)
  await gateway.chat(chatOf('compare A and B'))
  const response = await gateway.chat(chatOf(['compare A and B', 'A is larger.', 'continue']))
  expect(response.headers.get('x-signalbox-route')).toBe('complex')
  expect(response.headers.get('x-signalbox-route-reason')).toBe('sticky: goes on with what was complex before: compares two things')
  expect(orchestrator.sessions.size).toBe(2)
  expect(asked()).toHaveLength(1)
  expect(await routeOf(chatOf(['compare A and B', 'A is larger.', 'Thank you!']))).toBe('simple sticky')
})

test('a chat UI’s passages are not judged, but what its user asked', async () => {
  const { asked, routeOf } = await routingWith(SIMPLE)
  const wrapped =
    '### Task:\nRespond to the user query using the provided context, incorporating inline citations in the format [id].\n\n<context>\n<source id="1">Compare everything</source>\n</context>\n\nHow many days of leave are there?'
  expect(await routeOf(chatOf(wrapped))).toBe('simple classifier')
  expect(asked()).toEqual(['<question>\nHow many days of leave are there?\n</question>'])
  // Wrapped anew around other passages it is the same question.
  expect(await routeOf(chatOf(wrapped.replace('Compare everything', 'Other passages')))).toBe('simple cache')
})

test('a coding agent’s turn reaches the model whatever its user asked, and its compaction too', async () => {
  const { asked, routeOf } = await routingWith(COMPLEX)
  const cline = {
    messages: [
      { role: 'system', content: 'You are Cline, a highly skilled software engineer' },
      { role: 'user', content: '<task>compare the modules</task>' },
    ],
  }
  expect(await routeOf(chatOf('', cline))).toBe('simple request_shape')
  expect(await routeOf(chatOf(['compare A and B', 'A is', 'Your task is to create a detailed summary of the conversation so far']))).toBe(
    'simple background_call',
  )
  expect(asked()).toEqual([])
})

test('requests that ask the same at the same time share one classifier call', async () => {
  const reached = Promise.withResolvers<() => void>()
  const { gateway, routeOf, asked } = await routingWith((response) => reached.resolve(() => sayVerdict(response, { needs_orchestration: false, reason: 'r' })))
  const first = routeOf(chatOf('compare A and B'))
  const answer = await reached.promise
  const others = [routeOf(chatOf('compare A and B')), routeOf(chatOf('compare A and B'))]
  await eventually('both wait for it', async () => /signalbox_route_cache_total\{[^}]*result="shared"[^}]*\} 2/.test(await gateway.metrics()))
  answer()
  expect(await Promise.all([first, ...others])).toEqual(['simple classifier', 'simple classifier', 'simple classifier'])
  expect(asked()).toHaveLength(1)
  expect(await routeOf(chatOf('compare A and B'))).toBe('simple cache')
  expect(await gateway.metrics()).toMatch(/signalbox_route_cache_total\{[^}]*result="hit"[^}]*\} 1/)
})

test('one of two who share a call leaves: the other is answered', async () => {
  const reached = Promise.withResolvers<TakenRequest>()
  let answer = (): void => undefined
  const { gateway, routeOf } = await routingWith(
    (response, request) => {
      answer = () => sayVerdict(response, { needs_orchestration: false, reason: 'r' })
      reached.resolve(request)
    },
    { ROUTING_CLASSIFIER_TIMEOUT_MS: '60000' },
  )
  const leaving = new AbortController()
  const left = gateway.chat(chatOf('compare A and B'), {}, leaving.signal).catch(() => 'left')
  await reached.promise
  const stayed = routeOf(chatOf('compare A and B'))
  await eventually('the other waits too', async () => (await gateway.metrics()).includes('result="shared"'))
  leaving.abort()
  expect(await left).toBe('left')
  answer()
  expect(await stayed).toBe('simple classifier')
})

test('how long decisions take is measured by who made them, and stands in the request’s line', async () => {
  const { gateway, routeOf } = await routingWith(SIMPLE)
  await routeOf(chatOf('hi'))
  await routeOf(chatOf('hi', { model: 'signalbox-simple' }))
  const metrics = await gateway.metrics()
  expect(metrics).toMatch(/signalbox_route_duration_count\{[^}]*source="classifier"[^}]*\} 1/)
  expect(metrics).toMatch(/signalbox_route_duration_count\{[^}]*source="model_alias"[^}]*\} 1/)
  const lines = gateway.lines().filter(({ msg }) => msg === 'request')
  expect(lines).toMatchObject([
    { routeSource: 'classifier', routeMs: expect.any(Number) as number },
    { routeSource: 'model_alias', routeMs: expect.any(Number) as number },
  ])
})
