import { AppError } from '@signalbox/errors'
import { Hono, type Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'

import type { IngestResult, Knowledge } from '../adapters/knowledge.ts'
import type { DocumentStore } from '../adapters/postgres/document-store.ts'

/** Neither control characters nor halves of characters: no database holds them, and no file is called so. */
const NAME = /^[^\p{Cc}\p{Cs}]*$/u
const documentSchema = z.object({ source: z.string().trim().min(1).max(1_024).regex(NAME, 'has characters that no name has'), text: z.string() })

const batchSchema = z.object({ documents: z.array(documentSchema).min(1).max(256) })

const pageSchema = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z.string().max(1_024).regex(NAME, 'has characters that no name has').default(''),
})

const DOCUMENT_ID = /^doc_[0-9a-f]{24}$/
const INDEX_TIMEOUT_MS = 600_000

export interface DocumentRoutesOptions {
  knowledge: Knowledge
  documents: DocumentStore
  /** Largest body, bytes. */
  maxBytes: number
  /** Told after documents came or went. */
  onChange: () => Promise<void>
}

/** The management of the knowledge, for whoever lays documents in: add, list, remove, index. */
export function documentRoutes({ knowledge, documents, maxBytes, onChange }: DocumentRoutesOptions): Hono {
  const app = new Hono()
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new AppError('payload_too_large', `The body is larger than ${maxBytes} bytes: send fewer documents at once.`)
    },
  })

  app.post('/documents', limit, async (c) => {
    const offer = readOffer(await readJson(c))
    const results: IngestResult[] = []
    for (const document of offer.documents) {
      // What came in so far stays; who asks again finds it unchanged.
      c.req.raw.signal.throwIfAborted()
      results.push(await knowledge.ingest(document))
    }
    await onChange()
    return c.json({ results })
  })
  app.get('/documents', async (c) => {
    const { limit: size, after } = check(pageSchema, c.req.query())
    const page = await documents.list({ limit: size, after })
    return c.json({ documents: page, next: page.length === size ? page.at(-1)?.source : null })
  })
  app.delete('/documents/:id', async (c) => {
    const id = c.req.param('id')
    if (!DOCUMENT_ID.test(id) || !(await documents.remove(id))) throw new AppError('not_found', 'There is no such document.')
    await onChange()
    return c.body(null, 204)
  })
  app.post('/index', async (c) => c.json(await knowledge.index(AbortSignal.any([c.req.raw.signal, AbortSignal.timeout(INDEX_TIMEOUT_MS)]))))
  app.get('/stats', async (c) => c.json({ ...(await documents.count()), vectors: await knowledge.vectors() }))
  return app
}

/** The body as JSON. Bytes that are no UTF-8 are refused, not mended: offsets must mean the same to both sides. */
async function readJson(c: Context): Promise<unknown> {
  const bytes = await c.req.arrayBuffer()
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new AppError('invalid_json', error instanceof SyntaxError ? 'The body is not valid JSON.' : 'The body is not UTF-8.', { cause: error })
  }
}

/** One document, or a batch of them. */
function readOffer(body: unknown): z.infer<typeof batchSchema> {
  const single = typeof body === 'object' && body !== null && 'source' in body
  return single ? { documents: [check(documentSchema, body)] } : check(batchSchema, body)
}

function check<Output>(schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const field = issue?.path.join('.') || 'body'
  throw new AppError('invalid_request', `${field}: ${issue?.message ?? 'is not what is asked for'}`, { param: field })
}
