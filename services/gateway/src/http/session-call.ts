import { isSessionId } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { addLogFields } from '@signalbox/telemetry'

import type { SessionCall } from '../core/session-call.ts'
import type { GatewayContext } from './gateway-env.ts'

/** Who calls, for a call to the orchestrator on its behalf. */
export function toCall(c: GatewayContext, signal: AbortSignal = c.req.raw.signal): SessionCall {
  const actor = c.get('actor')
  return { owner: c.get('owner'), ...(actor && { actor }), requestId: c.get('requestId'), signal }
}

/** The session that the path names. What is no id of ours is not found, like any other that is not there. */
export function readSessionId(c: GatewayContext): string {
  const id = c.req.param('id') ?? ''
  if (!isSessionId(id)) throw new AppError('not_found', 'There is no such session.', { param: 'id' })
  c.get('record').session_id = id
  addLogFields({ session_id: id })
  return id
}
