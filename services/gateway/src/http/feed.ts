import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { AppError, toAppError } from '@signalbox/errors'
import type { Hono } from 'hono'

import { followFeed } from '../core/follow-feed.ts'
import type { AuditDesk } from '../core/oversight-desk.ts'
import type { StopBell } from '../core/stop-bell.ts'
import { watchCaller } from './caller-presence.ts'
import { openEventWriter } from './event-writer.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { openAnswerHeaders } from './openai-headers.ts'
import { PATIENCE } from './patience.ts'
import { readAfter } from './read-after.ts'
import { toCall } from './session-call.ts'

export interface FeedOptions {
  desk: Pick<AuditDesk, 'feed'>
  stopBell: StopBell
  keepAliveMs: number
}

/**
 * `GET /events`: what changes in approvals and sessions, as server-sent events: `id` is the number, `event` the kind,
 * and the data say what it is about, and how many approvals wait. A client that comes again goes on after
 * `Last-Event-ID`; one that comes for the first time begins with now, or after `?after=`.
 */
export function mountFeed(app: Hono<GatewayEnv>, { desk, stopBell, keepAliveMs }: FeedOptions): void {
  app.get('/events', async (c) => {
    if (c.req.method === 'HEAD') throw new AppError('method_not_allowed', 'HEAD is not allowed here: GET, OPTIONS.')
    const caller = watchCaller(c.env.outgoing)
    const { after } = readAfter(c)
    const line = new AbortController()
    const call = toCall(c, AbortSignal.any([caller.signal, line.signal]))
    // Asked first, so that a refusal is a status and not an event.
    const { last } = await desk.feed({ ...(after !== undefined && { after }), wait_s: 0 }, call)
    const from = Math.min(after ?? last, last)
    const writer = openEventWriter(c.env.outgoing, { headers: openAnswerHeaders(c), keepAliveMs })
    const breakOff = (error: AppError): void => {
      c.get('record').errorCode ??= error.code
      writer.fail(error)
      line.abort(error)
    }
    const off = stopBell.onStop(breakOff)
    try {
      // Whoever loses the line before anything has happened comes again with this number.
      await writer.mark(from)
      for await (const item of followFeed(desk, from, call, PATIENCE)) await writer.send(item, { id: item.seq, event: item.kind })
    } catch (error) {
      if (!caller.left) breakOff(toAppError(error))
    } finally {
      off()
      line.abort()
    }
    if (caller.left) c.get('record').disconnected = true
    return RESPONSE_ALREADY_SENT
  })
}
