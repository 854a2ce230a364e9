import { AppError } from '@signalbox/errors'
import { z } from 'zod'

const resultsSchema = z.object({
  results: z.array(
    z.object({ source: z.string(), status: z.enum(['added', 'updated', 'unchanged', 'failed']), passages: z.int(), reason: z.string().optional() }),
  ),
})

export type DocumentResult = z.infer<typeof resultsSchema>['results'][number]

/** The rag service, as one who lays documents in sees it. Its methods throw AppError. */
export interface KnowledgeClient {
  add(documents: readonly { source: string; text: string }[]): Promise<DocumentResult[]>
  /** Has every passage given its vector. */
  index(): Promise<void>
}

const CALL_TIMEOUT_MS = 120_000
const INDEX_TIMEOUT_MS = 600_000
const SHOWN = 300

export function createKnowledgeClient({ url, token, signal }: { url: string; token: string | undefined; signal: AbortSignal }): KnowledgeClient {
  async function post(path: string, body: unknown, timeoutMs: number): Promise<Response> {
    const timeout = AbortSignal.timeout(timeoutMs)
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, timeout]),
    }).catch((error: unknown) => {
      signal.throwIfAborted()
      if (timeout.aborted) throw new AppError('upstream_timeout', `The rag service at ${url} did not answer within ${timeoutMs / 1_000} s.`, { cause: error })
      throw new AppError('unavailable', `The rag service at ${url} cannot be reached.`, { cause: error })
    })
    if (response.status === 401) {
      throw new AppError('authentication_failed', `The rag service at ${url} does not take this service token: set SERVICE_TOKEN to its own.`)
    }
    return response
  }

  async function refuse(response: Response): Promise<never> {
    throw new AppError('upstream_failed', `The rag service at ${url} answered ${response.status}: ${(await response.text()).slice(0, SHOWN)}`)
  }

  return {
    async add(documents) {
      const response = await post('/v1/documents', { documents }, CALL_TIMEOUT_MS)
      if (response.status === 413 && documents.length > 1) {
        // The batch was too much at once; the one that is too much by itself is told of.
        const results: DocumentResult[] = []
        for (const document of documents) results.push(...(await this.add([document])))
        return results
      }
      if (response.status === 413)
        return documents.map(({ source }) => ({ source, status: 'failed', passages: 0, reason: 'larger than the service takes (INGEST_MAX_BYTES)' }))
      if (!response.ok) return refuse(response)
      const parsed = resultsSchema.safeParse(await response.json().catch(() => undefined))
      if (!parsed.success) throw new AppError('upstream_invalid', `What answers at ${url} is no rag service.`, { cause: parsed.error })
      return parsed.data.results
    },
    async index() {
      const response = await post('/v1/index', {}, INDEX_TIMEOUT_MS)
      if (!response.ok) await refuse(response)
    },
  }
}
