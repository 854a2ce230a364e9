import { A2A_CONTENT_TYPE } from '@a2a-js/sdk'
import { AppError, toAppError } from '@signalbox/errors'
import { Hono, type Context } from 'hono'

import { toRestError } from '../faults/to-wire-fault.ts'
import type { Door } from './door.ts'
import { toEventStream, type SseFrame } from './event-stream.ts'
import type { WireEvent } from './operations.ts'
import { readJsonBody } from './read-json-body.ts'

/** The HTTP+JSON binding (specification section 11), below whatever path it is mounted at. */
export function createRestRoutes(door: Door): Hono {
  const routes = new Hono({ strict: false })
  const answer = (method: string, params: (c: Context) => unknown) => (c: Context) => door.open(c, () => answerRest(c, door, method, params))
  const push = (method: string) => answer(method, () => ({}))

  routes.post(
    '/message:send',
    answer('SendMessage', (c) => readJsonBody(c, door.maxBodyBytes)),
  )
  routes.post(
    '/message:stream',
    answer('SendStreamingMessage', (c) => readJsonBody(c, door.maxBodyBytes)),
  )
  routes.get('/tasks', answer('ListTasks', readQuery))
  routes.get(
    '/extendedAgentCard',
    answer('GetExtendedAgentCard', () => ({})),
  )
  routes.post('/tasks/:id/pushNotificationConfigs', push('CreateTaskPushNotificationConfig'))
  routes.get('/tasks/:id/pushNotificationConfigs', push('ListTaskPushNotificationConfigs'))
  routes.get('/tasks/:id/pushNotificationConfigs/:configId', push('GetTaskPushNotificationConfig'))
  routes.delete('/tasks/:id/pushNotificationConfigs/:configId', push('DeleteTaskPushNotificationConfig'))
  // Hono knows no `:verb` behind a parameter, so one parameter carries `{id}`, `{id}:cancel` and `{id}:subscribe`.
  routes.on(['GET', 'POST'], '/tasks/:target', (c) => {
    const { id, method } = readTarget(c)
    if (method === undefined) return renderA2AError(new AppError('method_not_allowed', `There is no ${c.req.method} for this path.`))
    return answer(method, () => ({ ...readQuery(c), id }))(c)
  })
  return routes
}

/** Renders an error in the words of this binding, for whatever a handler of the app let escape. */
export function renderA2AError(thrown: unknown): Response {
  const error = toAppError(thrown)
  const { http, body } = toRestError(error)
  const headers = new Headers({ 'content-type': A2A_CONTENT_TYPE })
  if (error.code === 'authentication_failed') headers.set('www-authenticate', 'Bearer')
  if (error.retryAfterMs !== undefined) headers.set('retry-after', String(Math.ceil(error.retryAfterMs / 1_000)))
  return new Response(JSON.stringify(body), { status: http, headers })
}

async function answerRest(c: Context, door: Door, method: string, readParams: (c: Context) => unknown): Promise<Response> {
  try {
    door.requireToken(c)
    const params = await readParams(c)
    door.requireVersion(c)
    if (!door.isStreaming(method)) return c.body(JSON.stringify(await door.answer(c, method, params)), 200, { 'content-type': A2A_CONTENT_TYPE })
    const left = new AbortController()
    return await toEventStream(toFrames(door.stream(c, method, params, left.signal)), {
      left,
      toErrorFrame: (error) => ({ event: 'error', data: toRestError(error).body, id: undefined }),
    })
  } catch (error) {
    return renderA2AError(error)
  }
}

async function* toFrames(events: AsyncIterable<WireEvent>): AsyncGenerator<SseFrame> {
  for await (const { json, seq } of events) yield { data: json, id: seq }
}

/** Subscribing is a POST by the specification's text and a GET by its proto file; both are taken. */
function readTarget(c: Context): { id: string; method: string | undefined } {
  const [, id = '', verb] = /^(.*?)(?::(\w+))?$/.exec(c.req.param('target') ?? '') ?? []
  if (verb === undefined && c.req.method === 'GET') return { id, method: 'GetTask' }
  if (verb === 'cancel' && c.req.method === 'POST') return { id, method: 'CancelTask' }
  if (verb === 'subscribe') return { id, method: 'SubscribeToTask' }
  return { id, method: undefined }
}

const NUMBERS = new Set(['pageSize', 'historyLength'])
const FLAGS = new Set(['includeArtifacts'])

/** Query parameters as the JSON that they stand for (section 11.5); one that is no number stays a text, and is refused by name. */
function readQuery(c: Context): Record<string, unknown> {
  return Object.fromEntries(Object.entries(c.req.query()).map(([name, text]) => [name, toValue(name, text)]))
}

function toValue(name: string, text: string): unknown {
  if (NUMBERS.has(name) && /^-?\d{1,9}$/.test(text)) return Number(text)
  if (FLAGS.has(name) && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
