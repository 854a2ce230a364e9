import { findFiles } from './find-files.ts'
import { createKnowledgeClient } from './knowledge-client.ts'
import { readBatches } from './read-batches.ts'

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

/**
 * Lays files into a running rag service, a batch at a time, and has it give them their vectors.
 * Files that are there already, unchanged, are left as they are.
 *
 * @throws AppError when the service cannot be reached or refuses; a file's own failure is in the summary.
 */
export async function ingestPaths({ paths, url, token, onProgress, signal }: IngestOptions): Promise<IngestSummary> {
  const client = createKnowledgeClient({ url, token, signal })
  const { files, skipped } = await findFiles(paths)
  const summary: IngestSummary = { added: 0, updated: 0, unchanged: 0, failed: skipped.map(({ path, reason }) => ({ source: path, reason })), passages: 0 }
  let done = 0
  for await (const { documents, unreadable } of readBatches(files)) {
    summary.failed.push(...unreadable)
    const results = documents.length > 0 ? await client.add(documents) : []
    for (const { source, status, passages, reason } of results) {
      summary.passages += passages
      if (status === 'failed') summary.failed.push({ source, reason: reason ?? 'unknown' })
      else summary[status] += 1
    }
    done += documents.length + unreadable.length
    onProgress({ done, total: files.length, source: documents.at(-1)?.source ?? unreadable.at(-1)?.source ?? '' })
  }
  // Also where nothing changed: an earlier run may have been stopped before its passages had their vectors.
  if (files.length > 0) await client.index()
  return summary
}
