import { planPreviewRequestSchema } from '@signalbox/contracts'
import { Hono } from 'hono'

import { previewPlan, type PreviewTools } from '../core/preview-plan.ts'
import { limitBody, readBody, renderManagementError } from './management-call.ts'

/** A conversation's characters, each escaped and of several bytes. */
const BYTES_OF_A_CHARACTER = 6

/** `POST /v1/plan`: the plan that would run, and what it is likely to take. */
export function planRoutes(tools: PreviewTools): Hono {
  return new Hono()
    .onError(renderManagementError)
    .post('/', limitBody(tools.maxConversationChars * BYTES_OF_A_CHARACTER + 65_536), async (c) =>
      c.json(await previewPlan(await readBody(c, planPreviewRequestSchema), tools, c.req.raw.signal)),
    )
}
