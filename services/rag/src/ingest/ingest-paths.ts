import { readFile } from 'node:fs/promises'

import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import { findFiles, type FoundFile } from './find-files.ts'

export interface IngestOptions {
  paths: readonly string[]
  /** The rag service. */
  url: string
  token?: string | undefined
  onProgress: (progress: { done: number; total: number; source: string }) => void
  signal: AbortSignal
}

export interface IngestSummary {
  added: number
  updated: number
  unchanged: number
  failed: { source: string; reason: string }[]
  passages: number
}

const resultsSchema = z.object({
  results: z.array(
    z.object({ source: z.string(), status: z.enum(['added', 'updated', 'unchanged', 'failed']), passages: z.int(), reason: z.string().optional() }),
  ),
})

const BATCH_FILES = 32
const BATCH_CHARS = 1_000_000
const CALL_TIMEOUT_MS = 120_000
const INDEX_TIMEOUT_MS = 600_000

/**
 * Lays files into a running rag service, a batch at a time, and has it give them their vectors.
 * Files that are there already, unchanged, are left as they are.
 *
 * @throws AppError when the service cannot be reached or refuses; a file's own failure is in the summary.
 */
export async function ingestPaths(options: IngestOptions): Promise<IngestSummary> {
  const { files, skipped } = await findFiles(options.paths)
  const summary: IngestSummary = { added: 0, updated: 0, unchanged: 0, failed: skipped.map(({ path, reason }) => ({ source: path, reason })), passages: 0 }
  let done = 0
  for await (const batch of readBatches(files, summary.failed)) {
    const { results } = resultsSchema.parse(await post(options, '/v1/documents', { documents: batch }, CALL_TIMEOUT_MS))
    for (const { source, status, passages, reason } of results) {
      done += 1
      summary.passages += passages
      if (status === 'failed') summary.failed.push({ source, reason: reason ?? 'unknown' })
      else summary[status] += 1
    }
    options.onProgress({ done, total: files.length, source: batch.at(-1)?.source ?? '' })
  }
  if (summary.added + summary.updated > 0) await post(options, '/v1/index', {}, INDEX_TIMEOUT_MS)
  return summary
}

async function* readBatches(files: readonly FoundFile[], failed: IngestSummary['failed']): AsyncGenerator<{ source: string; text: string }[]> {
  let batch: { source: string; text: string }[] = []
  let chars = 0
  for (const { path, source } of files) {
    const text = await readText(path)
    if (text === undefined) {
      failed.push({ source, reason: 'not UTF-8 text' })
      continue
    }
    batch.push({ source, text })
    chars += text.length
    if (batch.length === BATCH_FILES || chars > BATCH_CHARS) {
      yield batch
      batch = []
      chars = 0
    }
  }
  if (batch.length > 0) yield batch
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
    return text.includes('\u0000') ? undefined : text
  } catch {
    return undefined
  }
}

async function post({ url, token, signal }: IngestOptions, path: string, body: unknown, timeoutMs: number): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw new AppError('unavailable', `The rag service at ${url} cannot be reached.`, { cause: error })
  })
  if (response.status === 401)
    throw new AppError('authentication_failed', `The rag service at ${url} does not take this service token: set SERVICE_TOKEN to its own.`)
  if (!response.ok) throw new AppError('upstream_failed', `The rag service answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
  return response.json()
}
