import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Telemetry } from '@signalbox/telemetry'

import { watchCaller, type CallerPresence } from './caller-presence.ts'
import type { Exchange } from './gateway-env.ts'
import { AnswerHeaders } from './openai-headers.ts'
import { leavesBodyUnread, refuseUnread } from './refuse-large-body.ts'
import { renderError, toKnownError } from './render-error.ts'

export interface AnsweringTo {
  caller: CallerPresence
  /** What the answer carries, whatever it is. More is added on the way, so that an error says it too. */
  readonly headers: Record<string, string>
  /** The same, for whoever does not need an object. */
  readonly says: AnswerHeaders
}

/** Answers a request that may write past Hono, and whose caller may leave: an error is told where there is still somebody to tell it to. */
export async function withCaller(c: Exchange, telemetry: Telemetry, answer: (to: AnsweringTo) => Promise<Response>): Promise<Response> {
  const { outgoing } = c.env
  const record = c.get('record')
  const to = new Answering(watchCaller(outgoing), new AnswerHeaders(c))
  const { caller } = to
  try {
    return await answer(to)
  } catch (error) {
    const known = toKnownError(error, telemetry)
    record.errorCode = known.code
    if (caller.left) record.disconnected = true
    if (caller.left || outgoing.headersSent) return RESPONSE_ALREADY_SENT
    return leavesBodyUnread(c, known) ? refuseUnread(c, known, to.headers) : renderError(known, telemetry, to.headers)
  }
}

class Answering implements AnsweringTo {
  readonly caller: CallerPresence
  readonly says: AnswerHeaders

  constructor(caller: CallerPresence, says: AnswerHeaders) {
    this.caller = caller
    this.says = says
  }

  get headers(): Record<string, string> {
    return this.says.object
  }
}
