import { A2A_CONTENT_TYPE } from '@a2a-js/sdk'
import type { Context, Env, Hono } from 'hono'

import { toRestError } from '../wire/errors.ts'
import { parseJson } from '../wire/parse.ts'
import type { Door } from './door.ts'
import { toEventStream } from './event-stream.ts'
import { operations, streams, type Operation, type Streaming } from './operations.ts'

/** A2A's HTTP+JSON binding. Source: specification 1.0, section 11. Hono has no `:verb` suffixes, so one parameter carries `id:verb`. */
export function mountHttpJson<E extends Env>(app: Hono<E>, door: Door): void {
  app.post('/message:send', (c) => answer(c, door, 'SendMessage', operations.SendMessage, () => body(c, door)))
  app.post('/message:stream', (c) => answerStream(c, door, 'SendStreamingMessage', streams.SendStreamingMessage, () => body(c, door)))
  app.get('/tasks', (c) => answer(c, door, 'ListTasks', operations.ListTasks, () => query(c)))
  app.on(['GET', 'POST'], '/tasks/:target', (c) => {
    const target = c.req.param('target') as string
    const [, id = target, verb] = /^(.*?)(?::(cancel|subscribe))?$/.exec(target) ?? []
    const params = async (): Promise<unknown> => ({ ...query(c), id })
    if (verb === 'cancel' && c.req.method === 'POST') return answer(c, door, 'CancelTask', operations.CancelTask, params)
    if (verb === 'subscribe') return answerStream(c, door, 'SubscribeToTask', streams.SubscribeToTask, params)
    return answer(c, door, 'GetTask', operations.GetTask, params)
  })
  app.all('/tasks/:id/pushNotificationConfigs/:config?', (c) => answer(c, door, 'GetTaskPushNotificationConfig', operations.GetTaskPushNotificationConfig, async () => ({})))
  app.get('/extendedAgentCard', (c) => answer(c, door, 'GetExtendedAgentCard', operations.GetExtendedAgentCard, async () => ({})))
}

async function answer(c: Context, door: Door, method: string, operation: Operation, params: () => unknown): Promise<Response> {
  const result = await door.enter(c, method, async (caller) => operation(door.tasks, await params(), caller, c.req.raw.signal))
  return c.body(JSON.stringify(result), 200, { 'content-type': A2A_CONTENT_TYPE })
}

async function answerStream(c: Context, door: Door, method: string, streaming: Streaming, params: () => unknown): Promise<Response> {
  const leave = new AbortController()
  return door.enter(c, method, async (caller) =>
    toEventStream(streaming(door.tasks, await params(), caller, leave.signal), { leave, renderError: (error) => toRestError(error).body }),
  )
}

async function body(c: Context, door: Door): Promise<unknown> {
  return parseJson(await door.readBody(c))
}

/** Query parameters as the JSON they stand for. */
function query(c: Context): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(c.req.query()).map(([name, text]) => {
      if (name === 'pageSize' || name === 'historyLength') return [name, Number(text)]
      if (name === 'includeArtifacts') return [name, text === 'true']
      return [name, text]
    }),
  )
}
