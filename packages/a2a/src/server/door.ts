import { createHash, timingSafeEqual } from 'node:crypto'

import { context, SpanKind, trace } from '@opentelemetry/api'
import { createId, SERVICE_HEADERS } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import { ATTRIBUTES, failSpan, readTraceHeaders, withLogFields, type Telemetry } from '@signalbox/telemetry'
import type { Context } from 'hono'

import type { Caller } from '../agent.ts'
import type { TaskService } from '../task-service.ts'
import { protocolError } from '../wire/errors.ts'

/** What both bindings need to answer a call: who calls, in which trace, and what stands behind. */
export interface Door {
  tasks: TaskService
  readBody(c: Context): Promise<string>
  /** Checks the credential and the protocol version, then runs the call inside its server span. */
  enter<Result>(c: Context, method: string, call: (caller: Caller) => Promise<Result>): Promise<Result>
}

export function createDoor(options: { tasks: TaskService; telemetry: Telemetry; token: string | undefined; maxBodyBytes: number }): Door {
  const { tasks, telemetry, token, maxBodyBytes } = options
  const expected = token === undefined ? undefined : digest(`Bearer ${token}`)

  return {
    tasks,
    readBody: (c) => readBody(c, maxBodyBytes),
    async enter(c, method, call) {
      if (expected && !timingSafeEqual(expected, digest(c.req.header('authorization') ?? ''))) {
        throw new AppError('authentication_failed', 'This agent takes calls with a service token only.')
      }
      requireVersion(c)
      const caller = readCaller(c)
      // A trace is continued only for callers who have shown who they are, or where nobody has to.
      const parent = readTraceHeaders({ traceparent: c.req.header('traceparent'), tracestate: c.req.header('tracestate') })
      const span = telemetry.tracer.startSpan(method, { kind: SpanKind.SERVER, attributes: { [ATTRIBUTES.a2aMethod]: method, ...(caller.requestId && { [ATTRIBUTES.requestId]: caller.requestId }) } }, parent)
      try {
        return await context.with(trace.setSpan(parent, span), () => withLogFields(caller.requestId ? { request_id: caller.requestId } : {}, () => call(caller)))
      } catch (error) {
        failSpan(span, error)
        if (toAppError(error).code === 'internal') telemetry.log.error({ err: error, method }, 'a call failed unforeseen')
        throw error
      } finally {
        span.end()
      }
    },
  }
}

/** Source: A2A specification 1.0.1, section 3.6: major and minor count, a patch is ignored; absent means 0.3. */
function requireVersion(c: Context): void {
  const version = c.req.header('a2a-version') ?? c.req.query('A2A-Version') ?? '0.3'
  if (!/^1\.0(\.\d+)?$/.test(version.trim())) {
    throw protocolError('version_not_supported', `Protocol version ${version.slice(0, 20)} is not supported; 1.0 is. Send the header A2A-Version: 1.0.`)
  }
}

function readCaller(c: Context): Caller {
  const owner = c.req.header(SERVICE_HEADERS.owner)
  const idempotencyKey = c.req.header(SERVICE_HEADERS.idempotencyKey)
  const requestId = c.req.header(SERVICE_HEADERS.requestId)
  for (const [name, value] of Object.entries({ [SERVICE_HEADERS.owner]: owner, [SERVICE_HEADERS.idempotencyKey]: idempotencyKey })) {
    if (value !== undefined && (value === '' || value.length > 256)) throw new AppError('invalid_request', `The header ${name} must hold 1 to 256 characters.`, { param: name })
  }
  return { owner: owner ?? 'anonymous', requestId: requestId && /^[\w.-]{1,128}$/.test(requestId) ? requestId : createId('req'), ...(idempotencyKey && { idempotencyKey }) }
}

/** Counts as it reads, so that a body without a declared length is held to the limit too. */
async function readBody(c: Context, limit: number): Promise<string> {
  const tooLarge = new AppError('payload_too_large', `The body is larger than ${limit} bytes.`)
  if (Number(c.req.header('content-length') ?? 0) > limit) throw tooLarge
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of c.req.raw.body ?? []) {
    size += piece.byteLength
    if (size > limit) throw tooLarge
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
