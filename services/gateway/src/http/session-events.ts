import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { SessionEventPage } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { Hono } from 'hono'
import { z } from 'zod'

import { EVENTS_PER_PAGE, followEvents } from '../core/follow-events.ts'
import type { Orchestrator } from '../core/orchestrator.ts'
import type { SessionDesk } from '../core/session-desk.ts'
import type { StopBell } from '../core/stop-bell.ts'
import { watchCaller } from './caller-presence.ts'
import { openEventWriter } from './event-writer.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import { PATIENCE } from './patience.ts'
import { readQuery } from './read-query.ts'
import { readSessionId, toCall } from './session-call.ts'

export interface SessionEventsOptions {
  orchestrator: Orchestrator
  desk: SessionDesk
  stopBell: StopBell
  keepAliveMs: number
}

const seqField = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the number of an event')
  .transform(Number)
const querySchema = z.object({ after: seqField.default(0) })

/** `GET /sessions/{id}/events`: what a session did and does, as server-sent events, numbered, to its end. */
export function mountSessionEvents(v1: Hono<GatewayEnv>, options: SessionEventsOptions): void {
  v1.get('/sessions/:id/events', async (c) => {
    if (c.req.method === 'HEAD') throw new AppError('method_not_allowed', 'HEAD is not allowed here: GET, OPTIONS.')
    const caller = watchCaller(c.env.outgoing)
    const id = readSessionId(c)
    const { after, again } = readAfter(c)
    const first = await options.desk.events(id, { after, limit: EVENTS_PER_PAGE, wait_s: 0 }, toCall(c, caller.signal))
    // A browser comes again when a stream ends, with the number of the last event; only this answer tells it that there is no more.
    if (again && first.over && first.data.length === 0) return c.body(null, 204)
    await streamEvents(c, { id, after, first, left: caller.signal }, options)
    if (caller.left) c.get('record').disconnected = true
    return RESPONSE_ALREADY_SENT
  })
}

/** A client that comes again says what it saw last; its URL still says what it asked for at first. */
function readAfter(c: GatewayContext): { after: number; again: boolean } {
  const last = c.req.header('last-event-id')
  if (last === undefined || last === '') return { after: readQuery(c, querySchema).after, again: false }
  const after = seqField.safeParse(last)
  if (!after.success) throw new AppError('invalid_request', 'Last-Event-ID: must be the number of an event.', { param: 'Last-Event-ID' })
  return { after: after.data, again: true }
}

async function streamEvents(
  c: GatewayContext,
  { left, ...from }: { id: string; after: number; first: SessionEventPage; left: AbortSignal },
  { orchestrator, desk, stopBell, keepAliveMs }: SessionEventsOptions,
): Promise<void> {
  const line = new AbortController()
  const call = toCall(c, AbortSignal.any([left, line.signal]))
  const writer = openEventWriter(c.env.outgoing, { headers: { 'x-request-id': call.requestId, 'x-session-id': from.id }, keepAliveMs })
  const breakOff = (error: AppError): void => {
    c.get('record').errorCode ??= error.code
    writer.fail(error)
    line.abort(error)
  }
  const off = stopBell.onStop(breakOff)
  try {
    for await (const event of followEvents({ orchestrator, desk }, from, call, PATIENCE)) await writer.send(event, event.seq)
    writer.end()
  } catch (error) {
    if (!left.aborted) breakOff(toAppError(error))
  } finally {
    off()
  }
}
