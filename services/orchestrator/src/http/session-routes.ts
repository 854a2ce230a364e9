import {
  deadLetterQuerySchema,
  redriveRequestSchema,
  sessionEventQuerySchema,
  sessionInputSchema,
  sessionQuerySchema,
  type SessionEventPage,
} from '@signalbox/contracts'
import { Hono } from 'hono'

import type { SessionManager } from '../adapters/session-manager.ts'
import { limitBody, readBody, readInput, renderManagementError, viewerOf } from './management-call.ts'
import { waitOf } from './wait-of.ts'

const MAX_BODY_BYTES = 256_000

/** `/v1/sessions`: list, look, cancel, answer, pause, resume, follow. Who waits for events waits no longer than until `closing`. */
export function sessionRoutes(manager: SessionManager, { closing }: { closing: AbortSignal } = { closing: new AbortController().signal }): Hono {
  return new Hono()
    .onError(renderManagementError)
    .get('/', async (c) => c.json(await manager.list(readInput(sessionQuerySchema, c.req.query()), viewerOf(c))))
    .get('/:id', async (c) => c.json(await manager.get(c.req.param('id'), viewerOf(c))))
    .post('/:id/cancel', async (c) => c.json(await manager.cancel(c.req.param('id'), viewerOf(c))))
    .post('/:id/input', limitBody(MAX_BODY_BYTES), async (c) => {
      const input = await readBody(c, sessionInputSchema)
      return c.json(await manager.input(c.req.param('id'), viewerOf(c), input))
    })
    .post('/:id/pause', async (c) => c.json(await manager.pause(c.req.param('id'), viewerOf(c))))
    .post('/:id/resume', async (c) => c.json(await manager.resume(c.req.param('id'), viewerOf(c))))
    .get('/:id/events', async (c) => {
      const { wait_s: waitS, ...page } = readInput(sessionEventQuerySchema, c.req.query())
      const { events, over } = await manager.events(c.req.param('id'), viewerOf(c), page, waitOf(c, waitS, closing))
      return c.json({ object: 'list', data: events, over } satisfies SessionEventPage)
    })
}

/** `/v1/dead-letters`: list, inspect, redrive, drop. */
export function deadLetterRoutes(manager: SessionManager): Hono {
  return new Hono()
    .onError(renderManagementError)
    .get('/', async (c) => c.json(await manager.deadLetters(viewerOf(c), readInput(deadLetterQuerySchema, c.req.query()))))
    .get('/:id', async (c) => c.json(await manager.deadLetter(c.req.param('id'), viewerOf(c))))
    .post('/:id/redrive', limitBody(MAX_BODY_BYTES), async (c) => {
      const request = await readBody(c, redriveRequestSchema)
      return c.json(await manager.redrive(c.req.param('id'), viewerOf(c), request))
    })
    .delete('/:id', async (c) => c.json(await manager.drop(c.req.param('id'), viewerOf(c))))
}
