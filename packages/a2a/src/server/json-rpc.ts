import { AppError } from '@signalbox/errors'
import type { Context } from 'hono'
import { z } from 'zod'

import type { Caller } from '../agent.ts'
import { toRpcError, protocolError } from '../wire/errors.ts'
import { parseJson } from '../wire/parse.ts'
import { toEventStream } from './event-stream.ts'
import type { Door } from './door.ts'
import { operations, streams, type Operation, type Streaming } from './operations.ts'

const requestSchema = z.looseObject({ jsonrpc: z.literal('2.0'), id: z.union([z.string(), z.number(), z.null()]).optional(), method: z.string(), params: z.unknown().optional() })

/** A2A's JSON-RPC binding. Source: specification 1.0, section 9. A fault is an `error` with HTTP 200, but for a missing credential. */
export async function answerJsonRpc(c: Context, door: Door): Promise<Response> {
  let id: string | number | null = null
  try {
    const request = readRequest(parseJson(await door.readBody(c)))
    id = request.id ?? null
    const streaming = (streams as Record<string, Streaming | undefined>)[request.method]
    if (streaming) {
      const leave = new AbortController()
      return await door.enter(c, request.method, async (caller) => {
        const events = wrap(streaming(door.tasks, request.params, caller, leave.signal), id)
        return toEventStream(events, { leave, renderError: (error) => ({ jsonrpc: '2.0', id, error: toRpcError(error) }) })
      })
    }
    const operation = (operations as Record<string, Operation | undefined>)[request.method]
    if (!operation) throw protocolError('method_not_found', `There is no method ${request.method.slice(0, 60)}.`)
    const result = await door.enter(c, request.method, (caller: Caller) => operation(door.tasks, request.params, caller, c.req.raw.signal))
    return c.json({ jsonrpc: '2.0', id, result } as object)
  } catch (error) {
    if (error instanceof AppError && error.code === 'authentication_failed') throw error
    return c.json({ jsonrpc: '2.0', id, error: toRpcError(error) } as object, error instanceof AppError && error.code === 'payload_too_large' ? 413 : 200)
  }
}

function readRequest(value: unknown): z.infer<typeof requestSchema> {
  const parsed = requestSchema.safeParse(value)
  if (!parsed.success) throw protocolError('invalid_request_object', 'The body is not a JSON-RPC 2.0 request. Batches are not supported.')
  return parsed.data
}

async function* wrap(events: AsyncIterable<unknown>, id: string | number | null): AsyncGenerator<unknown> {
  for await (const result of events) yield { jsonrpc: '2.0', id, result }
}
