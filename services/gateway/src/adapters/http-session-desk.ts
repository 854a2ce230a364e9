import { SpanKind } from '@opentelemetry/api'
import { fromHttpStatus, fromWireError } from '@signalbox/a2a'
import {
  agentListSchema,
  deadLetterPageSchema,
  deadSessionDetailSchema,
  MANAGEMENT_PATHS,
  SERVICE_HEADERS,
  sessionChangedSchema,
  sessionEventPageSchema,
} from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { ATTRIBUTES, traceHeaders, withSpan, type Telemetry } from '@signalbox/telemetry'
import { Agent, type Dispatcher } from 'undici'
import { z } from 'zod'

import type { SessionCall } from '../core/orchestrator.ts'
import type { SessionDesk } from '../core/session-desk.ts'
import { toOrchestratorFault } from './orchestrator-fault.ts'

export interface HttpSessionDeskOptions {
  /** The orchestrator's. */
  url: string
  token: string | undefined
  telemetry: Telemetry
  /** How long an answer may take. */
  timeoutMs: number
}

interface Ask<Schema extends z.ZodType> {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  /** The path without what callers put into it: a span's name must be one of few. */
  label: string
  query?: Record<string, string | number | undefined>
  body?: object
  schema: Schema
}

const CONNECT_MS = 5_000
const LARGEST_ANSWER = 64 * 1_024 * 1_024

const errorSchema = z.looseObject({ error: z.looseObject({}) })

/** The orchestrator's management API, over HTTP with the service token. What comes back is parsed by the contracts' schemas. */
export function connectSessionDesk({ url, token, telemetry, timeoutMs }: HttpSessionDeskOptions): SessionDesk & { close(): Promise<void> } {
  const base = new URL(url)
  // Shorter lived than our servers' own, so that a call seldom meets a closed connection.
  const dispatcher = new Agent({ keepAliveTimeout: 30_000, keepAliveMaxTimeout: 60_000, headersTimeout: 0, bodyTimeout: 0, connect: { timeout: CONNECT_MS } })
  const { sessions, agents, deadLetters } = MANAGEMENT_PATHS

  const ask = async <Schema extends z.ZodType>({ method, path, label, query, body, schema }: Ask<Schema>, call: SessionCall): Promise<z.infer<Schema>> =>
    withSpan(telemetry.tracer, `${method} ${label}`, spanOptions(base, method, label), async () => {
      const deadline = AbortSignal.timeout(timeoutMs)
      const send = (): Promise<Dispatcher.ResponseData> =>
        dispatcher.request({
          origin: base.origin,
          path: `${base.pathname.replace(/\/$/, '')}${path}${toQuery(query)}`,
          method,
          headers: toHeaders(token, call, body !== undefined),
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
        throw toOrchestratorFault(explain(error, { call, deadline }))
      }
    })

  const ofSession = (id: string, rest = ''): { path: string; label: string } => ({
    path: `${sessions}/${encodeURIComponent(id)}${rest}`,
    label: `${sessions}/{id}${rest}`,
  })
  const ofLetter = (id: string, rest = ''): { path: string; label: string } => ({
    path: `${deadLetters}/${encodeURIComponent(id)}${rest}`,
    label: `${deadLetters}/{id}${rest}`,
  })

  return {
    agents: async (call) => (await ask({ method: 'GET', path: agents, label: agents, schema: agentListSchema }, call)).data,
    events: (id, query, call) => ask({ method: 'GET', ...ofSession(id, '/events'), query, schema: sessionEventPageSchema }, call),
    pause: (id, call) => ask({ method: 'POST', ...ofSession(id, '/pause'), schema: sessionChangedSchema }, call),
    resume: (id, call) => ask({ method: 'POST', ...ofSession(id, '/resume'), schema: sessionChangedSchema }, call),
    deadLetters: (query, call) => ask({ method: 'GET', path: deadLetters, label: deadLetters, query, schema: deadLetterPageSchema }, call),
    deadLetter: (id, call) => ask({ method: 'GET', ...ofLetter(id), schema: deadSessionDetailSchema }, call),
    redrive: (id, body, call) => ask({ method: 'POST', ...ofLetter(id, '/redrive'), body, schema: sessionChangedSchema }, call),
    drop: (id, call) => ask({ method: 'DELETE', ...ofLetter(id), schema: sessionChangedSchema }, call),
    close: () => dispatcher.destroy(),
  }
}

function toHeaders(token: string | undefined, call: SessionCall, hasBody: boolean): Record<string, string> {
  return {
    accept: 'application/json',
    ...traceHeaders(),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    [SERVICE_HEADERS.owner]: call.owner,
    [SERVICE_HEADERS.requestId]: call.requestId,
    ...(hasBody && { 'content-type': 'application/json' }),
  }
}

function toQuery(query: Ask<z.ZodType>['query'] = {}): string {
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

async function readText({ body }: Dispatcher.ResponseData): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    size += piece.byteLength
    if (size > LARGEST_ANSWER) throw new AppError('upstream_invalid', `The orchestrator answered with more than ${LARGEST_ANSWER} bytes.`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** What was asked for. @throws AppError the one that the orchestrator threw, or `upstream_invalid` for what is not in the contract. */
function readAnswer<Schema extends z.ZodType>(status: number, text: string, schema: Schema): z.infer<Schema> {
  const body = readJson(text)
  if (status !== 200) {
    const said = errorSchema.safeParse(body).data
    throw said ? fromWireError(said.error) : fromHttpStatus(status)
  }
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new AppError('upstream_invalid', 'The orchestrator answered with something else than was asked for.', { cause: parsed.error })
  return parsed.data
}

/** Undefined for what is no JSON, as a proxy's page is not. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
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
