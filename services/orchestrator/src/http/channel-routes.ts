import { deliveryQuerySchema, type DeliveryPage } from '@signalbox/contracts'
import type { ApprovalLedger } from '@signalbox/approvals'
import { Hono } from 'hono'

import type { ApprovalNotifier } from '../adapters/notify/index.ts'
import { readInput, renderManagementError, requireRole } from './management-call.ts'

/** `GET /v1/channels`, and `POST /v1/channels/{id}/test`, which answers when the test has been sent or refused. */
export function channelRoutes(notifier: Pick<ApprovalNotifier, 'channels' | 'test'>): Hono {
  return new Hono()
    .onError(renderManagementError)
    .get('/', async (c) => {
      requireRole(c, 'viewer')
      return c.json({ object: 'list', data: await notifier.channels() })
    })
    .post('/:id/test', async (c) => c.json(await notifier.test(c.req.param('id'), requireRole(c, 'admin'))))
}

/** `GET /v1/deliveries`: what was sent, what waits to be tried again, and what was given up. */
export function deliveryRoutes(ledger: Pick<ApprovalLedger, 'deliveries'>): Hono {
  return new Hono().onError(renderManagementError).get('/', async (c) => {
    requireRole(c, 'viewer')
    const { deliveries, nextCursor } = await ledger.deliveries(readInput(deliveryQuerySchema, c.req.query()))
    return c.json({ object: 'list', data: deliveries, next_cursor: nextCursor ?? null } satisfies DeliveryPage)
  })
}
