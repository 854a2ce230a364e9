import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { SessionEventPage } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { Hono } from 'hono'

import { followEvents } from '../core/follow-events.ts'
import { EVENTS_PER_PAGE } from '../core/long-poll.ts'
import type { Orchestrator } from '../core/orchestrator.ts'
import type { SessionDesk } from '../core/session-desk.ts'
import type { StopBell } from '../core/stop-bell.ts'
import { watchCaller } from './caller-presence.ts'
import { openEventWriter } from './event-writer.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import { openAnswerHeaders } from './openai-headers.ts'
import { PATIENCE } from './patience.ts'
import { readAfter } from './read-after.ts'
import { readSessionId, toCall } from './session-call.ts'

export interface SessionEventsOptions {
  orchestrator: Pick<Orchestrator, 'attach'>
  desk: Pick<SessionDesk, 'events'>
  stopBell: StopBell
  keepAliveMs: number
}

/** `GET /sessions/{id}/events`: what a session did and does, as server-sent events, numbered, to its end. */
export function mountSessionEvents(app: Hono<GatewayEnv>, options: SessionEventsOptions): void {
  app.get('/sessions/:id/events', async (c) => {
    if (c.req.method === 'HEAD') throw new AppError('method_not_allowed', 'HEAD is not allowed here: GET, OPTIONS.')
    const caller = watchCaller(c.env.outgoing)
    const id = readSessionId(c)
    const { after = 0, again } = readAfter(c)
    const first = await options.desk.events(id, { after, limit: EVENTS_PER_PAGE, wait_s: 0 }, toCall(c, caller.signal))
    // A browser comes again when a stream ends, with the number of the last event; only this answer tells it that there is no more.
    if (again && first.over && first.data.length === 0) return c.body(null, 204)
    await streamEvents(c, { id, after, first, left: caller.signal }, options)
    if (caller.left) c.get('record').disconnected = true
    return RESPONSE_ALREADY_SENT
  })
}

async function streamEvents(
  c: GatewayContext,
  { left, ...from }: { id: string; after: number; first: SessionEventPage; left: AbortSignal },
  { orchestrator, desk, stopBell, keepAliveMs }: SessionEventsOptions,
): Promise<void> {
  const line = new AbortController()
  const call = toCall(c, AbortSignal.any([left, line.signal]))
  const writer = openEventWriter(c.env.outgoing, { headers: { ...openAnswerHeaders(c), 'x-session-id': from.id }, keepAliveMs })
  const breakOff = (error: AppError): void => {
    c.get('record').errorCode ??= error.code
    writer.fail(error)
    line.abort(error)
  }
  const off = stopBell.onStop(breakOff)
  try {
    for await (const event of followEvents({ orchestrator, desk }, from, call, PATIENCE)) await writer.send(event, { id: event.seq })
    writer.end()
  } catch (error) {
    if (!left.aborted) breakOff(toAppError(error))
  } finally {
    off()
  }
}
