import { randomUUID } from 'node:crypto'

import { A2A_PROTOCOL_VERSION, A2A_VERSION_HEADER } from '@a2a-js/sdk'
import { SpanKind } from '@opentelemetry/api'
import { SERVICE_HEADERS } from '@signalbox/contracts'
import { AppError, isAbortError } from '@signalbox/errors'
import { ATTRIBUTES, traceHeaders, withSpan, withStreamSpan, type Telemetry } from '@signalbox/telemetry'
import { Agent, type Dispatcher } from 'undici'
import { z } from 'zod'

import type { StreamEvent } from '../model.ts'
import { fromWireEvent } from '../wire/codecs.ts'
import { fromWireError } from '../wire/errors.ts'
import { streamEventSchema } from '../wire/schemas.ts'
import { parseAnswer } from './parse-answer.ts'
import { readEventData } from './read-event-data.ts'

export interface CallOptions {
  signal: AbortSignal
  /** The whole call's limit, milliseconds; a stream's too. Default ten minutes for calls, none for streams. */
  deadlineMs?: number
  /** The longest silence on a stream, milliseconds. Peers of ours send a heartbeat every 15 s. Default 60 s. */
  idleMs?: number
  /** On whose behalf; believed only together with the service token. */
  owner?: string
  requestId?: string
  idempotencyKey?: string
}

export interface Rpc {
  call(url: string, method: string, params: unknown, options: CallOptions): Promise<unknown>
  stream(url: string, method: string, params: unknown, options: CallOptions): AsyncIterable<StreamEvent>
  get(url: URL, options: { signal: AbortSignal; maxBytes: number; etag: string | undefined }): Promise<{ status: number; body: unknown; etag: string | undefined }>
  close(): Promise<void>
}

const DEFAULT_DEADLINE_MS = 600_000
const DEFAULT_IDLE_MS = 60_000
const MAX_ANSWER_BYTES = 32 * 1024 * 1024

const envelopeSchema = z.looseObject({ result: z.unknown().optional(), error: z.unknown().optional() })

/** JSON-RPC over a pool of our own: undici's defaults would cut a silent stream after five minutes and follow redirects we must not. */
export function createRpc(options: { url: string; token?: string | undefined; telemetry: Telemetry }): Rpc {
  const agent = new Agent({ connections: 64, pipelining: 1, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: 5_000 } })
  const { hostname, port } = new URL(options.url)
  const { tracer } = options.telemetry

  async function post(url: string, method: string, params: unknown, call: CallOptions, signal: AbortSignal, accept: string): Promise<Dispatcher.ResponseData> {
    return agent.request({
      origin: new URL(url).origin,
      path: new URL(url).pathname,
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...headersOf(call) },
      body: JSON.stringify({ jsonrpc: '2.0', id: randomUUID(), method, params }),
      signal,
    })
  }

  function headersOf(call: CallOptions): Record<string, string> {
    return {
      [A2A_VERSION_HEADER]: A2A_PROTOCOL_VERSION,
      ...traceHeaders(),
      ...(options.token && { authorization: `Bearer ${options.token}` }),
      ...(call.owner && { [SERVICE_HEADERS.owner]: call.owner }),
      ...(call.requestId && { [SERVICE_HEADERS.requestId]: call.requestId }),
      ...(call.idempotencyKey && { [SERVICE_HEADERS.idempotencyKey]: call.idempotencyKey }),
    }
  }

  const spanOptions = (method: string) => ({ kind: SpanKind.CLIENT, attributes: { [ATTRIBUTES.a2aMethod]: method, [ATTRIBUTES.serverAddress]: hostname, [ATTRIBUTES.serverPort]: Number(port) } })

  return {
    call: (url, method, params, call) =>
      withSpan(tracer, method, spanOptions(method), async () => {
        const limit = AbortSignal.timeout(call.deadlineMs ?? DEFAULT_DEADLINE_MS)
        try {
          const response = await post(url, method, params, call, AbortSignal.any([call.signal, limit]), 'application/json')
          return readEnvelope(response.statusCode, parseText(await readText(response, MAX_ANSWER_BYTES), response.statusCode))
        } catch (error) {
          throw asAppError(error, { caller: call.signal, limit })
        }
      }),

    stream: (url, method, params, call) =>
      withStreamSpan(tracer, method, spanOptions(method), async function* () {
        const limit = call.deadlineMs === undefined ? undefined : AbortSignal.timeout(call.deadlineMs)
        const idle = createIdleTimer(call.idleMs ?? DEFAULT_IDLE_MS)
        const signal = AbortSignal.any([call.signal, idle.signal, ...(limit ? [limit] : [])])
        try {
          const response = await post(url, method, params, call, signal, 'text/event-stream')
          const type = String(response.headers['content-type'] ?? '')
          if (!type.startsWith('text/event-stream')) {
            readEnvelope(response.statusCode, parseText(await readText(response, MAX_ANSWER_BYTES), response.statusCode))
            throw new AppError('upstream_invalid', 'The agent answered a streaming call without a stream.')
          }
          for await (const data of readEventData(response.body, idle.touch)) {
            yield fromWireEvent(parseAnswer(streamEventSchema, readEnvelope(response.statusCode, parseText(data, response.statusCode))))
          }
        } catch (error) {
          throw asAppError(error, { caller: call.signal, limit, idle: idle.signal })
        } finally {
          idle.stop()
        }
      }),

    async get(url, { signal, maxBytes, etag }) {
      try {
        const response = await agent.request({ origin: url.origin, path: url.pathname, method: 'GET', headers: { accept: 'application/json', ...(etag && { 'if-none-match': etag }) }, signal })
        const text = await readText(response, maxBytes)
        if (response.statusCode === 304) return { status: 304, body: undefined, etag }
        if (response.statusCode !== 200) throw new AppError('agent_unavailable', `The agent answered ${response.statusCode} when asked for its card.`)
        return { status: 200, body: parseText(text, 200), etag: typeof response.headers['etag'] === 'string' ? response.headers['etag'] : undefined }
      } catch (error) {
        throw asAppError(error, { caller: signal })
      }
    },
    close: () => agent.destroy(),
  }
}

function readEnvelope(status: number, value: unknown): unknown {
  const envelope = parseAnswer(envelopeSchema, value)
  if (envelope.error !== undefined) throw fromWireError(envelope.error, status)
  if (status >= 400) throw fromWireError(undefined, status)
  return envelope.result
}

function parseText(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (status >= 400) throw fromWireError(undefined, status)
    throw new AppError('upstream_invalid', 'The agent answered something that is not JSON.', { cause: error })
  }
}

async function readText(response: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response.body) {
    size += (piece as Buffer).byteLength
    if (size > maxBytes) throw new AppError('upstream_invalid', `The agent's answer is larger than ${maxBytes} bytes.`)
    pieces.push(piece as Buffer)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function createIdleTimer(ms: number): { signal: AbortSignal; touch: () => void; stop: () => void } {
  const controller = new AbortController()
  const timer = setTimeout(() => controller.abort(new DOMException('The stream fell silent.', 'TimeoutError')), ms)
  return { signal: controller.signal, touch: () => void timer.refresh(), stop: () => clearTimeout(timer) }
}

const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

/** Whose fault it was that a call ended: the caller's wish, a limit, an agent that is not there, or a broken connection. */
function asAppError(error: unknown, signals: { caller: AbortSignal; limit?: AbortSignal | undefined; idle?: AbortSignal }): AppError {
  if (error instanceof AppError) return error
  if (signals.caller.aborted) {
    const { reason } = signals.caller
    return reason instanceof AppError ? reason : isAbortError(reason) && (reason as Error).name === 'TimeoutError' ? new AppError('deadline_exceeded', 'The agent did not answer before the deadline.', { cause: reason }) : new AppError('canceled', 'The call was canceled.', { cause: reason })
  }
  if (signals.limit?.aborted) return new AppError('deadline_exceeded', 'The agent did not answer before the deadline.', { cause: error })
  if (signals.idle?.aborted) return new AppError('upstream_timeout', 'The agent fell silent.', { cause: error })
  const { code } = error as { code?: string }
  if (code !== undefined && UNREACHABLE.has(code)) return new AppError('agent_unavailable', 'The agent cannot be reached.', { cause: error })
  return new AppError('upstream_failed', 'The connection to the agent broke.', { cause: error })
}
