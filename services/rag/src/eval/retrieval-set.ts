import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import type { Judgements } from '../core/ranking-measures.ts'

/** Documents, questions about them, and which document answers which question. */
export interface RetrievalSet {
  name: string
  documents: { id: string; title: string; text: string }[]
  queries: { id: string; text: string; judgements: Judgements }[]
}

const id = z.coerce.string()
const setSchema = z.object({
  docs: z.array(z.tuple([id, z.string(), z.string()])).min(1),
  queries: z.array(z.tuple([id, z.string()])).min(1),
  qrels: z.record(z.string(), z.record(z.string(), z.number())),
})

const ENDING = /\.json(\.gz)?$/

/**
 * The sets at a path: one file (`{docs: [[id, title, text]…], queries: [[id, text]…], qrels: {query: {doc: grade}}}`,
 * gzip'd or not), or every such file of a folder.
 */
export async function readRetrievalSets(path: string): Promise<RetrievalSet[]> {
  const info = await stat(path).catch(() => undefined)
  if (!info) throw new AppError('not_found', `There is no such file or folder: ${path}`)
  const files = info.isDirectory()
    ? (await readdir(path))
        .filter((name) => ENDING.test(name))
        .toSorted()
        .map((name) => join(path, name))
    : [path]
  if (files.length === 0) throw new AppError('not_found', `There is no set (.json or .json.gz) in ${path}`)
  return Promise.all(files.map(readSet))
}

async function readSet(file: string): Promise<RetrievalSet> {
  const bytes = await readFile(file)
  const text = (file.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes).toString('utf8')
  const parsed = setSchema.safeParse(JSON.parse(text))
  if (!parsed.success)
    throw new AppError('invalid_request', `${file} is not a retrieval set: ${z.prettifyError(parsed.error).split('\n').slice(0, 3).join(' ')}`)
  const { docs, queries, qrels } = parsed.data
  return {
    name: basename(file).replace(ENDING, ''),
    documents: docs.map(([documentId, title, body]) => ({ id: documentId, title, text: body })),
    // A query that nobody judged tells nothing.
    queries: queries.flatMap(([queryId, query]) => {
      const judgements = new Map(Object.entries(qrels[queryId] ?? {}).filter(([, grade]) => grade > 0))
      return judgements.size > 0 ? [{ id: queryId, text: query, judgements }] : []
    }),
  }
}
