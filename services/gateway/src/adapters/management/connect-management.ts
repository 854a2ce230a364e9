import { SpanKind } from '@opentelemetry/api'
import { SERVICE_HEADERS, toActorHeader } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { ATTRIBUTES, traceHeaders, withSpan, type Telemetry } from '@signalbox/telemetry'
import { Agent, type Dispatcher } from 'undici'
import type { z } from 'zod'

import type { SessionCall } from '../../core/session-call.ts'
import { toManagementFault } from '../orchestrator-fault.ts'
import { readAnswer, readText } from './read-answer.ts'

export interface ManagementOptions {
  /** The orchestrator's. */
  url: string
  token: string | undefined
  telemetry: Telemetry
  /** How long an answer may take, where it has not been asked to wait. */
  timeoutMs: number
}

export interface Ask<Schema extends z.ZodType> {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  /** The path without what callers put into it: a span's name must be one of few. The path itself where it has nothing of theirs. */
  label?: string
  query?: object
  headers?: Record<string, string | undefined>
  body?: object
  schema: Schema
  /** How long the orchestrator is asked to wait for something to tell. */
  waitS?: number
}

/** The orchestrator's management API, over HTTP with the service token. What comes back is parsed by the contracts' schemas. */
export interface Management {
  ask<Schema extends z.ZodType>(ask: Ask<Schema>, call: SessionCall): Promise<z.infer<Schema>>
  close(): Promise<void>
}

const CONNECT_MS = 5_000

/** Opens sockets as they are needed. */
export function connectManagement({ url, token, telemetry, timeoutMs }: ManagementOptions): Management {
  const base = new URL(url)
  // Shorter lived than our servers' own, so that a call seldom meets a closed connection.
  const dispatcher = new Agent({ keepAliveTimeout: 30_000, keepAliveMaxTimeout: 60_000, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_MS } })
  return {
    ask: async ({ method, path, label = path, query, headers, body, schema, waitS = 0 }, call) =>
      withSpan(telemetry.tracer, `${method} ${label}`, spanOptions(base, method, label), async () => {
        const deadline = AbortSignal.timeout(timeoutMs + waitS * 1_000)
        const send = (): Promise<Dispatcher.ResponseData> =>
          dispatcher.request({
            origin: base.origin,
            path: `${base.pathname.replace(/\/$/, '')}${path}${toQuery(query)}`,
            method,
            headers: { ...toHeaders(token, call, body !== undefined), ...withoutAbsent(headers) },
            ...(body !== undefined && { body: JSON.stringify(body) }),
            signal: AbortSignal.any([call.signal, deadline]),
          })
        try {
          const response = await send().catch((error: unknown) => {
            // A kept connection may be closed by the other side just as we take it up; to ask again does no harm.
            if (method !== 'GET' || call.signal.aborted || !isStaleConnection(error)) throw error
            return send()
          })
          return readAnswer(response.statusCode, await readText(response), schema)
        } catch (error) {
          throw toManagementFault(explain(error, { call, deadline }))
        }
      }),
    close: () => dispatcher.destroy(),
  }
}

function toHeaders(token: string | undefined, call: SessionCall, hasBody: boolean): Record<string, string> {
  return {
    accept: 'application/json',
    ...traceHeaders(),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    [SERVICE_HEADERS.owner]: call.owner,
    ...(call.actor && { [SERVICE_HEADERS.actor]: toActorHeader(call.actor) }),
    [SERVICE_HEADERS.requestId]: call.requestId,
    ...(hasBody && { 'content-type': 'application/json' }),
  }
}

function withoutAbsent(headers: Record<string, string | undefined> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined))
}

/** Lists are said with commas. */
function toQuery(query: object = {}): string {
  const words = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) words.set(name, String(value))
  return words.size === 0 ? '' : `?${words.toString()}`
}

function spanOptions(base: URL, method: string, label: string) {
  return {
    kind: SpanKind.CLIENT,
    attributes: {
      [ATTRIBUTES.httpMethod]: method,
      [ATTRIBUTES.httpRoute]: label,
      [ATTRIBUTES.serverAddress]: base.hostname,
      [ATTRIBUTES.serverPort]: Number(base.port) || (base.protocol === 'https:' ? 443 : 80),
    },
  }
}

function explain(error: unknown, { call, deadline }: { call: SessionCall; deadline: AbortSignal }): unknown {
  if (error instanceof AppError) return error
  if (call.signal.aborted) return call.signal.reason instanceof AppError ? call.signal.reason : new AppError('canceled', 'The caller left.', { cause: error })
  if (deadline.aborted) return new AppError('deadline_exceeded', 'The orchestrator did not answer in time.', { cause: error })
  return new AppError('upstream_failed', 'The connection to the orchestrator broke.', { cause: error })
}

function isStaleConnection(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown }
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}
