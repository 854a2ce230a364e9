import { redriveRequestSchema } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Hono } from 'hono'
import { z } from 'zod'

import type { DeadLetterDesk } from '../core/session-desk.ts'
import type { GatewayEnv } from './gateway-env.ts'
import { withJson } from './read-json.ts'
import { cursorField, limitField, readQuery } from './read-query.ts'
import { readSessionId, toCall } from './session-call.ts'

const querySchema = z.object({ limit: limitField, cursor: cursorField })

/** An instruction of 8,000 characters, each as an escape, and its friends. */
const LARGEST_REDRIVE = 128 * 1_024
/** No body asks for all that failed to be tried again as it is. */
const REDRIVE = { schema: redriveRequestSchema, limit: LARGEST_REDRIVE, absent: {} }

/** `GET /dead-letters`, `GET` and `DELETE /dead-letters/{session_id}`, `POST …/redrive`: what came to nothing, and is kept until it is redriven or dropped. */
export function mountDeadLetters(app: Hono<GatewayEnv>, desk: DeadLetterDesk): void {
  app.get('/dead-letters', async (c) => {
    const { limit, cursor } = readQuery(c, querySchema)
    return c.json(await desk.deadLetters({ limit, ...(cursor !== undefined && { cursor }) }, toCall(c)))
  })
  app.get('/dead-letters/:id', async (c) => c.json(await desk.deadLetter(readSessionId(c), toCall(c))))
  app.delete('/dead-letters/:id', async (c) => c.json(await desk.drop(readSessionId(c), toCall(c))))
  app.post('/dead-letters/:id/redrive', (c) => {
    const id = readSessionId(c)
    return withJson(c, REDRIVE, async (request) => {
      if (request.node === undefined && (request.instruction !== undefined || request.agent !== undefined))
        throw new AppError('invalid_request', 'node: must say which node the instruction or the agent is for.', { param: 'node' })
      return c.json(await desk.redrive(id, request, toCall(c)))
    })
  })
}
