import { readFile } from 'node:fs/promises'

import type { FoundFile } from './find-files.ts'

export interface Batch {
  documents: { source: string; text: string }[]
  unreadable: { source: string; reason: string }[]
}

const MOST_FILES = 32
const MOST_CHARS = 1_000_000

/** Files as texts, as many at a time as one call may carry. A file that is no text is told of, and the others go on. */
export async function* readBatches(files: readonly FoundFile[]): AsyncGenerator<Batch> {
  let batch: Batch = { documents: [], unreadable: [] }
  let chars = 0
  for (const { path, source } of files) {
    const read = await readText(path)
    if ('reason' in read) batch.unreadable.push({ source, reason: read.reason })
    else batch.documents.push({ source, text: read.text })
    chars += 'text' in read ? read.text.length : 0
    if (batch.documents.length + batch.unreadable.length === MOST_FILES || chars > MOST_CHARS) {
      yield batch
      batch = { documents: [], unreadable: [] }
      chars = 0
    }
  }
  if (batch.documents.length + batch.unreadable.length > 0) yield batch
}

async function readText(path: string): Promise<{ text: string } | { reason: string }> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    return { reason: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})` }
  }
  if (bytes.includes(0)) return { reason: 'not text, or text in UTF-16: save it as UTF-8' }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { reason: 'not UTF-8: save it as UTF-8' }
  }
}
