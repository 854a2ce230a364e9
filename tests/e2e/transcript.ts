import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

import { ingestPaths } from '@signalbox/constellation'

import { ask, type Answer } from './ask.ts'
import { startSignalbox } from './signalbox-process.ts'

const USAGE = `Usage: npm run transcript -- FOLDER [SIMPLE-QUESTION HARD-QUESTION]

Starts a fresh Signalbox, ingests FOLDER, asks both questions through the official openai package,
streaming, and writes what came to docs/transcripts/NAME.md, where NAME is the folder's.
`

const SIMPLE = 'What is 17 * 23?'
const HARD = 'Compare how BullMQ retries failing jobs with how A2A handles a task that needs more input, and say what they have in common, with sources.'

const [folder, simple = SIMPLE, hard = HARD] = process.argv.slice(2)
if (!folder || folder === '--help') {
  process.stdout.write(USAGE)
  process.exitCode = folder ? 0 : 1
} else {
  await writeTranscript(resolve(folder), [simple, hard])
}

async function writeTranscript(path: string, questions: string[]): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-transcript-'))
  const signalbox = await startSignalbox({ dataDir, environment: { SAMPLE_KNOWLEDGE: 'false' } })
  try {
    const began = performance.now()
    const summary = await ingestPaths({
      paths: [path],
      url: `http://127.0.0.1:${signalbox.ports[4]}`,
      token: (await readFile(join(dataDir, 'service-token'), 'utf8')).trim(),
      onProgress: () => undefined,
      signal: AbortSignal.timeout(600_000),
    })
    const ingestSeconds = (performance.now() - began) / 1_000
    const parts = [
      `# ${basename(path)}: a transcript`,
      '',
      'Made by `npm run transcript`; not edited.',
      '',
      `Ingested ${summary.added} documents in ${ingestSeconds.toFixed(1)} s (${summary.failed.length} failed).`,
    ]
    for (const question of questions) parts.push(...(await transcribe(question, () => ask(signalbox.client, question))))
    const target = fileURLToPath(new URL('../../docs/transcripts/', import.meta.url))
    await mkdir(target, { recursive: true })
    await writeFile(join(target, `${basename(path)}.md`), `${parts.join('\n')}\n`)
    process.stdout.write(`${parts.join('\n')}\n`)
  } finally {
    await signalbox.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function transcribe(question: string, asked: () => Promise<Answer>): Promise<string[]> {
  const began = performance.now()
  const answer = await asked()
  const route = answer.headers.get('x-signalbox-route')
  const reason = answer.headers.get('x-signalbox-route-reason')
  return [
    '',
    `## ${question}`,
    '',
    `Route: **${route}** (${reason}). ${answer.chunks.length} chunks in ${((performance.now() - began) / 1_000).toFixed(1)} s, \`finish_reason: ${answer.finishReason}\`.`,
    ...(answer.progress.length > 0 ? ['', '```', ...answer.progress, '```'] : []),
    '',
    ...answer.content.split('\n').map((line) => `> ${line}`.trimEnd()),
  ]
}
