import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { ConfigError, readConfig } from '@signalbox/config'
import { AppError } from '@signalbox/errors'
import { openTelemetry } from '@signalbox/telemetry'

import { ragConfigSchema } from './config.ts'
import { DEFAULT_SPLIT, type SplitOptions } from './core/split-passages.ts'
import { evaluate, type Evaluation } from './eval/evaluate.ts'
import { readRetrievalSets, type RetrievalSet } from './eval/retrieval-set.ts'
import { openKnowledge } from './open-knowledge.ts'

const HELP = `Usage: npm run eval -- PATH

Measures how well the knowledge base finds things. PATH is a retrieval set, or a folder of
them: JSON, gzip'd or not, {docs: [[id, title, text]…], queries: [[id, text]…], qrels:
{query: {doc: grade}}}. Runs on an embedded database of its own, or on EVAL_DATABASE_URL,
whose knowledge tables are emptied. EMBEDDING_BASE_URL and EMBEDDING_MODEL choose vectors
other than the computed ones.

Options
  --as KIND    documents in passages, as the product keeps them, or whole, as published
               numbers have them: passages, whole or both (default both)
  --json       the numbers as JSON
  --help       this text
`

/** More passages are taken where several of them make one document. */
const KINDS: Record<string, { split: SplitOptions; candidates: number }> = {
  whole: { split: { size: Number.MAX_SAFE_INTEGER, overlap: 0 }, candidates: 100 },
  passages: { split: DEFAULT_SPLIT, candidates: 300 },
}

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new AppError('canceled', 'Interrupted.')))

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = 1
  if (!(error instanceof AppError || error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
}

async function main(words: string[]): Promise<number> {
  const { values, positionals } = readWords(words)
  const [path] = positionals
  if (values.help || path === undefined) {
    process.stdout.write(HELP)
    return values.help ? 0 : 1
  }
  const kinds = values.as === 'both' ? ['whole', 'passages'] : [values.as]
  const found: { set: string; kind: string; evaluation: Evaluation }[] = []
  for (const set of await readRetrievalSets(path)) {
    for (const kind of kinds) {
      const evaluation = await measure(set, kind)
      found.push({ set: set.name, kind, evaluation })
      if (!values.json) process.stdout.write(tell(set.name, kind, evaluation))
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`)
  return 0
}

function readWords(words: string[]) {
  const parsed = (() => {
    try {
      return parseArgs({
        args: words,
        allowPositionals: true,
        options: { help: { type: 'boolean', short: 'h' }, as: { type: 'string', default: 'both' }, json: { type: 'boolean', default: false } },
      })
    } catch (error) {
      throw new ConfigError('eval', [`${(error as Error).message}. See npm run eval -- --help`])
    }
  })()
  if (parsed.values.as !== 'both' && !(parsed.values.as in KINDS))
    throw new ConfigError('eval', [`--as is ${Object.keys(KINDS).join(', ')} or both, not ${parsed.values.as}`])
  return parsed
}

async function measure(set: RetrievalSet, kind: string): Promise<Evaluation> {
  const { split, candidates } = KINDS[kind] as { split: SplitOptions; candidates: number }
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-eval-'))
  const telemetry = openTelemetry({ service: 'eval', level: 'warn' })
  try {
    // Never the knowledge that people use: the tables are emptied.
    const config = readConfig('eval', ragConfigSchema, { ...process.env, DATA_DIR: folder, DATABASE_URL: process.env['EVAL_DATABASE_URL'] })
    const opened = await openKnowledge(config, telemetry, { split })
    try {
      await opened.sql`TRUNCATE documents, spaces CASCADE`
      return await evaluate(opened, set, { candidates, onProgress: progress, signal: interrupted.signal })
    } finally {
      await opened.close()
    }
  } finally {
    await telemetry.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${text}`)
}

function tell(set: string, kind: string, { documents, passages, queries, measured, ingestSeconds, indexSeconds, latency }: Evaluation): string {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K')
  const rows = measured.map(
    ({ system, ndcg10, recall10, recall100 }) =>
      `  ${system.padEnd(10)}${ndcg10.toFixed(3).padStart(8)}${recall10.toFixed(3).padStart(8)}${recall100.toFixed(3).padStart(8)}\n`,
  )
  return [
    `${set}, ${kind === 'whole' ? 'documents whole' : 'documents in passages'}: ${documents} documents, ${passages} passages, ${queries} questions\n`,
    `  ${''.padEnd(10)}${'nDCG@10'.padStart(8)}${'R@10'.padStart(8)}${'R@100'.padStart(8)}\n`,
    ...rows,
    `  taken in within ${ingestSeconds.toFixed(1)} s, vectors ${indexSeconds.toFixed(1)} s, one search ${latency.p50.toFixed(1)} ms (p95 ${latency.p95.toFixed(1)} ms)\n\n`,
  ].join('')
}
