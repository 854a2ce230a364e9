import { redriveRequestSchema, type RedriveRequest } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { toInvalidRequest } from '@signalbox/openai-wire'
import type { Hono } from 'hono'
import { z } from 'zod'

import type { SessionDesk } from '../core/session-desk.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import { hasBody, readJsonBody } from './read-body.ts'
import { cursorField, limitField, readQuery } from './read-query.ts'
import { leavesBodyUnread, refuseUnread } from './refuse-large-body.ts'
import { readSessionId, toCall } from './session-call.ts'

const querySchema = z.object({ limit: limitField, cursor: cursorField })

/** An instruction of 8,000 characters, each as an escape, and its friends. */
const LARGEST_REDRIVE = 128 * 1_024

/** `GET /dead-letters`, `GET` and `DELETE /dead-letters/{session_id}`, `POST …/redrive`: what of the caller's work came to nothing, and is kept until it is redriven or dropped. */
export function mountDeadLetters(v1: Hono<GatewayEnv>, desk: SessionDesk): void {
  v1.get('/dead-letters', async (c) => {
    const { limit, cursor } = readQuery(c, querySchema)
    return c.json(await desk.deadLetters({ limit, ...(cursor !== undefined && { cursor }) }, toCall(c)))
  })
  v1.get('/dead-letters/:id', async (c) => c.json(await desk.deadLetter(readSessionId(c), toCall(c))))
  v1.delete('/dead-letters/:id', async (c) => c.json(await desk.drop(readSessionId(c), toCall(c))))
  v1.post('/dead-letters/:id/redrive', async (c) => {
    const id = readSessionId(c)
    try {
      return c.json(await desk.redrive(id, await readRedrive(c), toCall(c)))
    } catch (error) {
      if (error instanceof AppError && leavesBodyUnread(c, error)) return refuseUnread(c, error)
      throw error
    }
  })
}

/** No body asks for all that failed to be tried again as it is. */
async function readRedrive(c: GatewayContext): Promise<RedriveRequest> {
  if (!hasBody(c.env.incoming)) return {}
  const bytes = await readJsonBody(c.env.incoming, LARGEST_REDRIVE)
  const parsed = redriveRequestSchema.safeParse(parseJson(bytes))
  if (!parsed.success) throw toInvalidRequest(parsed.error)
  const { node, instruction, agent } = parsed.data
  if (node === undefined && (instruction !== undefined || agent !== undefined)) {
    throw new AppError('invalid_request', 'node: must say which node the instruction or the agent is for.', { param: 'node' })
  }
  return parsed.data
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new AppError('invalid_json', 'The request body is not valid JSON.', { cause })
  }
}
