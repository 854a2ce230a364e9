import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { loadEnvFile } from 'node:process'
import { parseArgs } from 'node:util'

import { ConfigError, readConfig } from '@signalbox/config'
import { AppError } from '@signalbox/errors'
import { listen } from '@signalbox/service-kit'
import { openTelemetry } from '@signalbox/telemetry'

import { openRag } from './app.ts'
import { ragConfigSchema } from './config.ts'
import { ingestPaths, type IngestSummary } from './ingest/ingest-paths.ts'
import { createProgressBar } from './ingest/progress-bar.ts'

const HELP = `Usage: npm run ingest -- PATH…

Lays documents (Markdown and plain text) into the knowledge base. PATHs are files or
folders. A document that is there already and has not changed is left as it is, so
running it again is cheap.

Options
  --url URL    the rag service (default RAG_URL, or http://127.0.0.1:8004). Where none
               answers, the knowledge base under DATA_DIR is opened right here.
  --help       this text
`

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new AppError('canceled', 'Interrupted. What was taken in so far is kept; run it again to go on.')))

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = 1
  if (!(error instanceof AppError || error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
}

async function main(words: string[]): Promise<number> {
  const { values, positionals } = readWords(words)
  if (values.help || positionals.length === 0) {
    process.stdout.write(HELP)
    return values.help ? 0 : 1
  }
  if (existsSync('.env')) loadEnvFile('.env')
  await using service = await reachService(values.url ?? process.env['RAG_URL'] ?? 'http://127.0.0.1:8004')
  const bar = createProgressBar(process.stderr)
  const began = performance.now()
  const summary = await ingestPaths({ paths: positionals, url: service.url, token: service.token, onProgress: bar.show, signal: interrupted.signal })
  bar.end()
  process.stdout.write(tell(summary, (performance.now() - began) / 1_000))
  return summary.failed.length > 0 ? 1 : 0
}

function readWords(words: string[]) {
  try {
    return parseArgs({ args: words, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, url: { type: 'string' } } })
  } catch (error) {
    throw new ConfigError('ingest', [`${(error as Error).message}. See npm run ingest -- --help`])
  }
}

/** The service that runs; or, where none answers, one of our own on the same data. */
async function reachService(url: string): Promise<{ url: string; token: string | undefined } & AsyncDisposable> {
  const dataDir = process.env['DATA_DIR'] ?? '.signalbox'
  const token = process.env['SERVICE_TOKEN'] ?? (await readFile(join(dataDir, 'service-token'), 'utf8').catch(() => '')).trim()
  const answers = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(3_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
  if (answers) return { url, token: token || undefined, [Symbol.asyncDispose]: async () => undefined }
  process.stderr.write(`No rag service at ${url}: opening the knowledge base in ${dataDir}.\n`)
  // Taking documents in needs no model; the agent that would need one is not asked here.
  const config = readConfig('ingest', ragConfigSchema, {
    ...process.env,
    DATA_DIR: dataDir,
    PORT: '0',
    HOST: '127.0.0.1',
    SERVICE_TOKEN: undefined,
    LLM_BASE_URL: process.env['LLM_BASE_URL'] ?? 'http://127.0.0.1:9/v1',
  })
  const listening = await listen(await openRag(config, { telemetry: openTelemetry({ service: 'rag', level: 'warn' }) }), {
    host: '127.0.0.1',
    port: 0,
    guarded: false,
  })
  return { url: listening.url, token: undefined, [Symbol.asyncDispose]: () => listening.stop() }
}

function tell(summary: IngestSummary, seconds: number): string {
  const { added, updated, unchanged, failed, passages } = summary
  const reasons = failed.map(({ source, reason }) => `  ${source}: ${reason}\n`).join('')
  return `${added} added, ${updated} updated, ${unchanged} unchanged, ${failed.length} failed: ${passages} new passages in ${seconds.toFixed(1)} s.\n${reasons}`
}
