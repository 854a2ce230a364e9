import { AppError } from '@signalbox/errors'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'

import type { Knowledge } from '../adapters/knowledge.ts'
import type { DocumentStore } from '../adapters/postgres/document-store.ts'

const documentsSchema = z.object({
  documents: z
    .array(z.object({ source: z.string().min(1).max(1_024), text: z.string() }))
    .min(1)
    .max(256),
})

const INDEX_TIMEOUT_MS = 600_000

/** The management of the knowledge, for whoever lays documents in: add, list, remove, index. */
export function documentRoutes(options: { knowledge: Knowledge; documents: DocumentStore; maxBytes: number }): Hono {
  const { knowledge, documents, maxBytes } = options
  const app = new Hono()
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new AppError('payload_too_large', `The body is larger than ${maxBytes} bytes: send fewer documents at once.`)
    },
  })

  app.post('/documents', limit, async (c) => {
    const body: unknown = await c.req.json().catch((error: unknown) => {
      throw new AppError('invalid_json', 'The body is not valid JSON.', { cause: error })
    })
    const parsed = documentsSchema.safeParse(body)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      throw new AppError('invalid_request', `${issue?.path.join('.') || 'The body'}: ${issue?.message}`, { param: issue?.path.join('.') ?? 'body' })
    }
    const results = []
    for (const document of parsed.data.documents) results.push(await knowledge.ingest(document))
    return c.json({ results })
  })
  app.get('/documents', async (c) => {
    const limitGiven = Number(c.req.query('limit') ?? 100)
    if (!Number.isInteger(limitGiven) || limitGiven < 1 || limitGiven > 1_000)
      throw new AppError('invalid_request', 'limit must be a whole number from 1 to 1000.', { param: 'limit' })
    const page = await documents.list({ limit: limitGiven, after: c.req.query('after') ?? '' })
    return c.json({ documents: page, next: page.length === limitGiven ? page.at(-1)?.source : null })
  })
  app.delete('/documents/:id', async (c) => {
    if (!(await documents.remove(c.req.param('id')))) throw new AppError('not_found', 'There is no such document.')
    return c.body(null, 204)
  })
  app.post('/index', async (c) => c.json(await knowledge.index(AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(INDEX_TIMEOUT_MS)]))))
  app.get('/stats', async (c) => c.json(await documents.count()))
  return app
}
