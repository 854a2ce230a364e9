import { linkDecideRequestSchema, linkReadRequestSchema } from '@signalbox/contracts'
import { Hono } from 'hono'

import type { LinkDesk } from '../adapters/notify/link-desk.ts'
import { limitBody, readBody, renderManagementError } from './management-call.ts'

const MAX_BODY_BYTES = 16_000

/** `POST /v1/links/read|decide`. The link is all that is asked for: whoever has it is whom it was sent to. Both answer a `LinkView`. */
export function linkRoutes(desk: LinkDesk): Hono {
  return new Hono()
    .onError(renderManagementError)
    .use(limitBody(MAX_BODY_BYTES))
    .post('/read', async (c) => c.json(await desk.read((await readBody(c, linkReadRequestSchema)).token)))
    .post('/decide', async (c) => c.json(await desk.decide(await readBody(c, linkDecideRequestSchema))))
}
