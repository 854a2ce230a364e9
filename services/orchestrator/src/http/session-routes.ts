import { deadLetterQuerySchema, redriveRequestSchema, SERVICE_HEADERS } from '@signalbox/contracts'
import { renderA2AError } from '@signalbox/a2a'
import { AppError, toAppError } from '@signalbox/errors'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'

import type { SessionManager } from '../adapters/session-manager.ts'

const MAX_BODY_BYTES = 64_000
const eventQuerySchema = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(1_000),
})

/** `/v1/sessions/{id}/pause|resume|events`. */
export function sessionRoutes(manager: SessionManager): Hono {
  return new Hono()
    .onError(renderManagementError)
    .post('/:id/pause', async (c) => c.json(await manager.pause(c.req.param('id'), ownerOf(c))))
    .post('/:id/resume', async (c) => c.json(await manager.resume(c.req.param('id'), ownerOf(c))))
    .get('/:id/events', async (c) => {
      const { events, over } = await manager.events(c.req.param('id'), ownerOf(c), read(eventQuerySchema, c.req.query()))
      return c.json({ object: 'list', data: events, over })
    })
}

const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: () => renderA2AError(new AppError('payload_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`)),
})

/** `/v1/dead-letters`: list, inspect, redrive, drop. */
export function deadLetterRoutes(manager: SessionManager): Hono {
  return new Hono()
    .onError(renderManagementError)
    .get('/', async (c) => c.json(await manager.deadLetters(ownerOf(c), read(deadLetterQuerySchema, c.req.query()))))
    .get('/:id', async (c) => c.json(await manager.deadLetter(c.req.param('id'), ownerOf(c))))
    .post('/:id/redrive', limitBody, async (c) => c.json(await manager.redrive(c.req.param('id'), ownerOf(c), read(redriveRequestSchema, await readJson(c)))))
    .delete('/:id', async (c) => c.json(await manager.drop(c.req.param('id'), ownerOf(c))))
}

/** On whose behalf; the service token that was asked for before makes it believable. */
function ownerOf(c: Context): string {
  return c.req.header(SERVICE_HEADERS.owner)?.slice(0, 256) || 'anonymous'
}

function read<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const param = issue?.path.join('.') ?? ''
  throw new AppError('invalid_request', `${param || 'request'}: ${issue?.message ?? 'is not as it should be'}.`, { param })
}

async function readJson(c: Context): Promise<unknown> {
  const text = await c.req.text()
  if (text.trim() === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new AppError('invalid_json', 'The body is not JSON.', { cause: error })
  }
}

/** A2A's words for errors, but for its status of a conflict, which on that wire is 400. */
async function renderManagementError(thrown: unknown): Promise<Response> {
  const rendered = renderA2AError(thrown)
  if (toAppError(thrown).code !== 'conflict') return rendered
  const body = (await rendered.json()) as { error: Record<string, unknown> }
  return new Response(JSON.stringify({ ...body, error: { ...body.error, code: 409 } }), { status: 409, headers: rendered.headers })
}
