import { AppError, toAppError } from '@signalbox/errors'
import type { Context } from 'hono'
import { z } from 'zod'

import { a2aError } from '../faults/a2a-error.ts'
import { toRpcError, toWireFault } from '../faults/to-wire-fault.ts'
import type { Door } from './door.ts'
import { toEventStream, type SseFrame } from './event-stream.ts'
import type { WireEvent } from './operations.ts'
import { readJsonBody } from './read-json-body.ts'

type RpcId = string | number | null

const requestSchema = z.object({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string().max(256), z.int(), z.null()]).optional(),
  method: z.string(),
  params: z.unknown().optional(),
})

/** Faults of the HTTP call itself; what a method answers comes with status 200, as JSON-RPC has it. */
const WITH_STATUS: ReadonlySet<string> = new Set(['authentication_failed', 'permission_denied', 'payload_too_large'])

/**
 * The JSON-RPC binding (specification section 9). Dispatch is ours, because the SDK's handler
 * answers -32602 for what is no JSON and for what is no request, and never checks parameters.
 */
export async function answerJsonRpc(c: Context, door: Door): Promise<Response> {
  return door.open(c, () => answer(c, door))
}

async function answer(c: Context, door: Door): Promise<Response> {
  let id: RpcId = null
  try {
    door.requireToken(c)
    const body = await readJsonBody(c, door.maxBodyBytes)
    id = readId(body)
    const { method, params } = readRequest(body)
    door.requireVersion(c)
    if (door.isStreaming(method)) return await answerStream(c, door, { id, method, params })
    return c.json({ jsonrpc: '2.0', id, result: await door.answer(c, method, params ?? {}) })
  } catch (error) {
    return toRpcResponse(error, id)
  }
}

/** An error's whole answer. */
function toRpcResponse(thrown: unknown, id: RpcId): Response {
  const error = toAppError(thrown)
  const status = WITH_STATUS.has(error.code) ? toWireFault(error).http : 200
  const headers = error.code === 'authentication_failed' ? { 'www-authenticate': 'Bearer' } : {}
  return Response.json({ jsonrpc: '2.0', id, error: toRpcError(error) }, { status, headers })
}

async function answerStream(c: Context, door: Door, { id, method, params }: { id: RpcId; method: string; params: unknown }): Promise<Response> {
  const left = new AbortController()
  return toEventStream(toFrames(door.stream(c, method, params ?? {}, left.signal), id), {
    left,
    toErrorFrame: (error) => ({ data: { jsonrpc: '2.0', id, error: toRpcError(error) }, id: undefined }),
  })
}

async function* toFrames(events: AsyncIterable<WireEvent>, id: RpcId): AsyncGenerator<SseFrame> {
  for await (const { json, seq } of events) yield { data: { jsonrpc: '2.0', id, result: json }, id: seq }
}

function readRequest(body: unknown): z.infer<typeof requestSchema> {
  const parsed = requestSchema.safeParse(body)
  if (!parsed.success) throw a2aError('INVALID_REQUEST', Array.isArray(body) ? 'Batches are not supported.' : 'The body is not a JSON-RPC 2.0 request.')
  const { params } = parsed.data
  if (params !== undefined && (typeof params !== 'object' || params === null || Array.isArray(params)))
    throw new AppError('invalid_request', 'params must be an object.', { param: 'params' })
  return parsed.data
}

/** Even a request that is wrong is answered under its id, where it has one. */
function readId(body: unknown): RpcId {
  const { id } = (typeof body === 'object' && body !== null ? body : {}) as { id?: unknown }
  return typeof id === 'string' || Number.isInteger(id) ? (id as RpcId) : null
}
