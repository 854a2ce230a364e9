import { deliveryQuerySchema } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Hono } from 'hono'

import type { ChannelDesk } from '../core/oversight-desk.ts'
import type { GatewayContext, GatewayEnv } from './gateway-env.ts'
import { readQuery } from './read-query.ts'
import { toCall } from './session-call.ts'

/** `GET /channels`, `POST /channels/{id}/test`, `GET /deliveries`: where people are told of approvals, and what was sent there. */
export function mountChannels(app: Hono<GatewayEnv>, desk: ChannelDesk): void {
  app.get('/channels', async (c) => c.json({ object: 'list', data: await desk.channels(toCall(c)) }))
  app.post('/channels/:id/test', async (c) => c.json(await desk.test(readChannelId(c), toCall(c))))
  app.get('/deliveries', async (c) => c.json(await desk.deliveries(readQuery(c, deliveryQuerySchema), toCall(c))))
}

function readChannelId(c: GatewayContext): string {
  const id = c.req.param('id') ?? ''
  if (!/^[\w.-]{1,64}$/.test(id)) throw new AppError('not_found', 'There is no such channel.', { param: 'id' })
  return id
}
