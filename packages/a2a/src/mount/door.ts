import { createHash, timingSafeEqual } from 'node:crypto'

import { A2A_PROTOCOL_VERSION, A2A_VERSION_HEADER } from '@a2a-js/sdk'
import { SpanKind, type Attributes, type Span } from '@opentelemetry/api'
import { createId, SERVICE_HEADERS } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import {
  activeLogFields,
  addLogFields,
  ATTRIBUTES,
  readTraceHeaders,
  withLogFields,
  withSpan,
  withStreamSpan,
  type SpanOptions,
  type Telemetry,
} from '@signalbox/telemetry'
import type { Context } from 'hono'

import type { Caller } from '../agent.ts'
import { a2aError } from '../faults/a2a-error.ts'
import type { Answering, Call, Operations, Streaming, WireEvent } from './operations.ts'

/** What every call goes through, whichever binding it came by: credential, version, caller, trace, log. */
export interface Door {
  /** Answers a request with its id on every log line, whatever app it came in by. */
  open(c: Context, answer: () => Promise<Response>): Promise<Response>
  /** @throws AppError `authentication_failed`; asked before a body is read. */
  requireToken(c: Context): void
  /** @throws AppError with A2A's `VERSION_NOT_SUPPORTED`. */
  requireVersion(c: Context): void
  answer(c: Context, method: string, params: unknown): Promise<object>
  stream(c: Context, method: string, params: unknown, left: AbortSignal): AsyncIterable<WireEvent>
  isStreaming(method: string): boolean
  readonly maxBodyBytes: number
}

export interface DoorOptions {
  operations: Operations
  telemetry: Telemetry
  token: string | undefined
  maxBodyBytes: number
}

const LONGEST_HEADER = 256
const NO_OWNER = 'anonymous'

export function createDoor({ operations, telemetry, token, maxBodyBytes }: DoorOptions): Door {
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`)

  const logEnd = (method: string, begun: number, error?: unknown): void => {
    const fields = { a2a_method: method, duration_ms: Math.round(performance.now() - begun) }
    if (error === undefined) return telemetry.log.info(fields, 'a2a call')
    const { code } = toAppError(error)
    if (code === 'internal') telemetry.log.error({ ...fields, code, err: error }, 'a2a call failed')
    else telemetry.log.info({ ...fields, code }, 'a2a call refused')
  }

  return {
    maxBodyBytes,
    open: (c, answer) => withLogFields({ request_id: activeLogFields().request_id ?? readRequestId(c) }, answer),
    isStreaming: (method) => Object.hasOwn(operations.streaming, method),
    requireToken(c) {
      if (expected && !timingSafeEqual(expected, digest(c.req.header('authorization') ?? ''))) {
        throw new AppError('authentication_failed', 'This agent takes calls with a service token only.')
      }
    },
    requireVersion(c) {
      const version = c.req.header(A2A_VERSION_HEADER) ?? c.req.query(A2A_VERSION_HEADER)
      if (toMajorMinor(version) === A2A_PROTOCOL_VERSION) return
      const said = version ? `Version ${version.slice(0, 16)} of A2A` : 'A call without the header A2A-Version, which stands for version 0.3,'
      throw a2aError('VERSION_NOT_SUPPORTED', `${said} is not supported; ${A2A_PROTOCOL_VERSION} is.`)
    },
    answer(c, method, params) {
      const operation = requireOperation(operations.answering, method)
      const caller = readCaller(c)
      const begun = performance.now()
      return withSpan(telemetry.tracer, method, spanOptions(c, method, caller), async (span) => {
        try {
          noteParams(span, params)
          const result = await operation({ params, caller, signal: c.req.raw.signal })
          noteTask(span, taskOf(result))
          logEnd(method, begun)
          return result
        } catch (error) {
          logEnd(method, begun, error)
          throw error
        }
      })
    },
    stream(c, method, params, left) {
      const operation = requireOperation(operations.streaming, method)
      const caller = readCaller(c)
      const after = readLastEventId(c)
      const call: Call = { params, caller, signal: left, ...(after !== undefined && { after }) }
      return withStreamSpan(telemetry.tracer, method, spanOptions(c, method, caller), async function* (span) {
        const begun = performance.now()
        let failure: unknown
        try {
          noteParams(span, params)
          for await (const event of operation(call)) {
            noteEvent(span, event)
            yield event
          }
        } catch (error) {
          failure = error
          throw error
        } finally {
          logEnd(method, begun, left.aborted ? undefined : failure)
        }
      })
    },
  }
}

/** Only names that A2A defines: an inherited one, such as `constructor`, is no method. */
function requireOperation<Operation extends Answering | Streaming>(table: Record<string, Operation>, method: string): Operation {
  const operation = Object.hasOwn(table, method) ? table[method] : undefined
  if (!operation) throw new AppError('method_not_allowed', `There is no method ${method.slice(0, 64)}.`)
  return operation
}

/** A patch number plays no part in what version is spoken (specification section 3.6). */
function toMajorMinor(version: string | undefined): string | undefined {
  return /^\s*(\d+\.\d+)(?:\.\d+)?\s*$/.exec(version ?? '')?.[1]
}

/** The headers say who calls; they are believed because whoever gets here has shown the token, or none is asked for. */
function readCaller(c: Context): Caller {
  const idempotencyKey = readHeader(c, SERVICE_HEADERS.idempotencyKey)
  return {
    owner: readHeader(c, SERVICE_HEADERS.owner) ?? NO_OWNER,
    ...requestIdOf(activeLogFields()),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}

function requestIdOf({ request_id }: { request_id?: string }): { requestId?: string } {
  return request_id === undefined ? {} : { requestId: request_id }
}

function readRequestId(c: Context): string {
  const given = c.req.header(SERVICE_HEADERS.requestId)
  return given !== undefined && /^[\w.-]{1,128}$/.test(given) ? given : createId('req')
}

function readHeader(c: Context, name: string): string | undefined {
  const value = c.req.header(name)
  if (value === undefined || (value !== '' && value.length <= LONGEST_HEADER)) return value
  throw new AppError('invalid_request', `The header ${name} must hold 1 to ${LONGEST_HEADER} characters.`, { param: name })
}

function readLastEventId(c: Context): number | undefined {
  const value = c.req.header('last-event-id')
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined
}

function spanOptions(c: Context, method: string, caller: Caller): SpanOptions {
  const attributes: Attributes = { [ATTRIBUTES.a2aMethod]: method, ...(caller.requestId !== undefined && { [ATTRIBUTES.requestId]: caller.requestId }) }
  return { kind: SpanKind.SERVER, attributes, parent: readTraceHeaders({ traceparent: c.req.header('traceparent'), tracestate: c.req.header('tracestate') }) }
}

interface Noted {
  id?: unknown
  messageId?: unknown
  status?: { state?: unknown }
}

function noteParams(span: Span, params: unknown): void {
  const { message } = (params ?? {}) as { message?: Noted | null }
  if (typeof message?.messageId === 'string') span.setAttribute(ATTRIBUTES.a2aMessageId, message.messageId.slice(0, LONGEST_HEADER))
}

function noteTask(span: Span, task: Noted | undefined): void {
  if (typeof task?.id !== 'string' || task.status === undefined) return
  span.setAttribute(ATTRIBUTES.a2aTaskId, task.id)
  addLogFields({ task_id: task.id })
  if (typeof task.status.state === 'string') span.setAttribute(ATTRIBUTES.a2aTaskState, task.status.state)
}

/** Of what an operation answered: the task in it, or itself where it is one. */
function taskOf(result: object): Noted | undefined {
  return 'task' in result ? (result.task as Noted) : result
}

function noteEvent(span: Span, { event }: WireEvent): void {
  if (event.type === 'task') noteTask(span, event.task)
  if (event.type === 'status') span.setAttribute(ATTRIBUTES.a2aTaskState, event.status.state)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
