import { randomUUID } from 'node:crypto'

import { A2A_PROTOCOL_VERSION, A2A_VERSION_HEADER } from '@a2a-js/sdk'
import { SpanKind } from '@opentelemetry/api'
import { SERVICE_HEADERS } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { activeLogFields, ATTRIBUTES, traceHeaders, withSpan, withStreamSpan, type SpanOptions, type Telemetry } from '@signalbox/telemetry'
import { Agent, type Dispatcher } from 'undici'
import { z } from 'zod'

import { readStreamEvent } from '../codecs/from-wire.ts'
import { parseJson } from '../codecs/parse-json.ts'
import { endsStream } from '../engine/transitions.ts'
import { fromHttpStatus, fromWireError } from '../faults/from-wire-fault.ts'
import type { StreamEvent } from '../model.ts'
import { openCallLimits, type CallLimits, type CallOptions } from './call-limits.ts'
import { createSseReader } from './read-sse.ts'

/** An event, and its number where the server keeps one. */
export interface ReceivedEvent {
  event: StreamEvent
  seq: number | undefined
}

/** JSON-RPC to one agent. Everything that fails is an `AppError`. */
export interface AgentRpc {
  call(url: URL, method: string, params: object, options: CallOptions): Promise<unknown>
  stream(url: URL, method: string, params: object, options: CallOptions & { after?: number | undefined }): AsyncIterable<ReceivedEvent>
  get(
    url: URL,
    options: { signal: AbortSignal; headers: Record<string, string>; largest: number },
  ): Promise<{ status: number; etag: string | undefined; body: unknown }>
  close(): Promise<void>
}

const CONNECT_MS = 5_000
const ANSWER_MS = 30_000
const WORK_MS = 600_000
const IDLE_MS = 60_000
/** How long an agent may take to close a stream on which it has said its last word. */
const LAST_WORD_MS = 1_000
const LARGEST_ANSWER = 32 * 1_024 * 1_024
const DEEPEST_ANSWER = 128
/** Methods that do no harm when they arrive twice. */
const REPEATABLE: ReadonlySet<string> = new Set(['GetTask', 'ListTasks', 'CancelTask', 'SubscribeToTask'])

const envelopeSchema = z.object({ id: z.union([z.string(), z.number(), z.null()]).optional(), result: z.unknown().optional(), error: z.unknown().optional() })

/**
 * Calls an agent over connections of our own. The SDK's transports go through `fetch`, which cuts a
 * call that is silent for five minutes and follows redirects, and they check nothing that comes back.
 */
export function createAgentRpc(options: { url: URL; token: string | undefined; telemetry: Telemetry }): AgentRpc {
  const { url: configured, token, telemetry } = options
  // No limit of connections: each stream that is followed holds one. Shorter lived than our servers' own, so that a call seldom meets a closed one.
  const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: 30_000, keepAliveMaxTimeout: 60_000, connect: { timeout: CONNECT_MS } })

  const spanOptions = (method: string): SpanOptions => ({
    kind: SpanKind.CLIENT,
    attributes: {
      [ATTRIBUTES.a2aMethod]: method,
      [ATTRIBUTES.serverAddress]: configured.hostname,
      [ATTRIBUTES.serverPort]: Number(configured.port) || (configured.protocol === 'https:' ? 443 : 80),
    },
  })

  const headersOf = (call: CallOptions & { after?: number | undefined }, accept: string): Record<string, string> => {
    const requestId = call.requestId ?? activeLogFields().request_id
    return {
      'content-type': 'application/json',
      accept,
      [A2A_VERSION_HEADER.toLowerCase()]: A2A_PROTOCOL_VERSION,
      ...traceHeaders(),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(call.owner !== undefined && { [SERVICE_HEADERS.owner]: call.owner }),
      ...(requestId !== undefined && { [SERVICE_HEADERS.requestId]: requestId }),
      ...(call.idempotencyKey !== undefined && { [SERVICE_HEADERS.idempotencyKey]: call.idempotencyKey }),
      ...(call.after !== undefined && { 'last-event-id': String(call.after) }),
    }
  }

  const post = async (url: URL, method: string, request: object, headers: Record<string, string>, signal: AbortSignal): Promise<Dispatcher.ResponseData> => {
    const send = () =>
      dispatcher.request({ origin: url.origin, path: `${url.pathname}${url.search}`, method: 'POST', headers, body: JSON.stringify(request), signal })
    try {
      return await send()
    } catch (error) {
      // A kept connection may be closed by the other side just as we take it up.
      if (!REPEATABLE.has(method) || signal.aborted || !isStaleConnection(error)) throw error
      return await send()
    }
  }

  return {
    call: (url, method, params, call) =>
      withSpan(telemetry.tracer, method, spanOptions(method), async () => {
        using limits = openCallLimits({ signal: call.signal, deadlineMs: call.deadlineMs ?? (method === 'SendMessage' ? WORK_MS : ANSWER_MS) })
        try {
          const request = toRequest(method, params)
          const response = await post(url, method, request, headersOf(call, 'application/json'), limits.signal)
          return readEnvelope(await readText(response, LARGEST_ANSWER), { id: request.id, status: response.statusCode })
        } catch (error) {
          throw limits.explain(error)
        }
      }),

    stream: (url, method, params, call) =>
      withStreamSpan(telemetry.tracer, method, spanOptions(method), async function* (span) {
        using limits = openCallLimits({ signal: call.signal, deadlineMs: call.deadlineMs })
        const idleMs = call.idleMs ?? IDLE_MS
        const request = toRequest(method, params)
        let hasEnded = false
        try {
          const response = await limits.whileSilent(idleMs, () => post(url, method, request, headersOf(call, 'text/event-stream'), limits.signal))
          await requireEventStream(response, request.id)
          const { read } = createSseReader()
          for await (const bytes of chunksOf(response, limits, () => (hasEnded ? LAST_WORD_MS : idleMs))) {
            for (const { data, id } of read(bytes)) {
              const event = readStreamEvent(readEnvelope(data, { id: request.id, status: response.statusCode }))
              if (event.type === 'task') span.setAttribute(ATTRIBUTES.a2aTaskId, event.task.id)
              hasEnded = event.type === 'status' && endsStream(event.status.state)
              yield { event, seq: id !== undefined && /^\d{1,15}$/.test(id) ? Number(id) : undefined }
            }
          }
        } catch (error) {
          if (!hasEnded) throw limits.explain(error)
        }
      }),

    async get(url, { signal, headers, largest }) {
      using limits = openCallLimits({ signal, deadlineMs: CONNECT_MS })
      try {
        const response = await dispatcher.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: 'GET',
          headers: { accept: 'application/json', ...headers },
          signal: limits.signal,
        })
        const text = await readText(response, largest)
        if (response.statusCode === 304) return { status: 304, etag: undefined, body: undefined }
        if (response.statusCode !== 200) throw fromHttpStatus(response.statusCode)
        return { status: 200, etag: single(response.headers['etag']), body: readJson(text) }
      } catch (error) {
        throw limits.explain(error)
      }
    },

    close: () => dispatcher.destroy(),
  }
}

function toRequest(method: string, params: object): { jsonrpc: '2.0'; id: string; method: string; params: object } {
  return { jsonrpc: '2.0', id: randomUUID(), method, params }
}

/** The body piece by piece; only the time that we wait for one counts as silence. */
async function* chunksOf(response: Dispatcher.ResponseData, limits: CallLimits, idleMs: () => number): AsyncGenerator<Uint8Array> {
  const iterator = response.body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  try {
    for (;;) {
      const next = await limits.whileSilent(idleMs(), () => iterator.next())
      if (next.done) return
      yield next.value
    }
  } finally {
    // The reader who leaves closes the connection, by which the agent knows.
    response.body.destroy()
  }
}

/** An answer that is no stream holds the reason why. */
async function requireEventStream(response: Dispatcher.ResponseData, id: string): Promise<void> {
  if (response.statusCode === 200 && single(response.headers['content-type'])?.startsWith('text/event-stream')) return
  readEnvelope(await readText(response, LARGEST_ANSWER), { id, status: response.statusCode })
  throw new AppError('upstream_invalid', 'The agent did not answer with a stream.')
}

async function readText(response: Dispatcher.ResponseData, largest: number): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    size += piece.byteLength
    if (size > largest) throw new AppError('upstream_invalid', `The agent answered with more than ${largest} bytes.`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** What a JSON-RPC answer holds. @throws AppError the error that it holds, or what its HTTP status means. */
function readEnvelope(text: string, { id, status }: { id: string; status: number }): unknown {
  if (status !== 200) throw readFailure(text, status)
  const envelope = envelopeSchema.safeParse(readJson(text)).data
  if (envelope?.error != null) throw fromWireError(envelope.error)
  if (envelope?.result === undefined) throw new AppError('upstream_invalid', 'The agent answered with something that is not JSON-RPC.')
  if (envelope.id !== id) throw new AppError('upstream_invalid', 'The agent answered another request than ours.')
  return envelope.result
}

/** A failed HTTP call: its body may say more than its status. */
function readFailure(text: string, status: number): AppError {
  try {
    const error = envelopeSchema.safeParse(parseJson(text, DEEPEST_ANSWER)).data?.error
    if (typeof error === 'object' && error !== null) return fromWireError(error)
  } catch {
    // Not ours, then; a proxy's page says nothing that its status does not.
  }
  return fromHttpStatus(status)
}

function readJson(text: string): unknown {
  try {
    return parseJson(text, DEEPEST_ANSWER)
  } catch (cause) {
    throw new AppError('upstream_invalid', 'The agent answered with something that is not JSON.', { cause })
  }
}

function isStaleConnection(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}
