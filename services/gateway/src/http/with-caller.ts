import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Telemetry } from '@signalbox/telemetry'

import { watchCaller, type CallerPresence } from './caller-presence.ts'
import type { Exchange } from './gateway-env.ts'
import { openAnswerHeaders } from './openai-headers.ts'
import { leavesBodyUnread, refuseUnread } from './refuse-large-body.ts'
import { renderError, toKnownError } from './render-error.ts'

export interface AnsweringTo {
  caller: CallerPresence
  /** What the answer carries, whatever it is. More is added on the way, so that an error says it too. */
  headers: Record<string, string>
}

/** Answers a request that may write past Hono, and whose caller may leave: an error is told where there is still somebody to tell it to. */
export async function withCaller(c: Exchange, telemetry: Telemetry, answer: (to: AnsweringTo) => Promise<Response>): Promise<Response> {
  const { outgoing } = c.env
  const record = c.get('record')
  const headers = openAnswerHeaders(c)
  const caller = watchCaller(outgoing)
  try {
    return await answer({ caller, headers })
  } catch (error) {
    const known = toKnownError(error, telemetry)
    record.errorCode = known.code
    if (caller.left) record.disconnected = true
    if (caller.left || outgoing.headersSent) return RESPONSE_ALREADY_SENT
    return leavesBodyUnread(c, known) ? refuseUnread(c, known, headers) : renderError(known, telemetry, headers)
  }
}
