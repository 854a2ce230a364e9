#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadEnvFile } from 'node:process'
import { fileURLToPath } from 'node:url'

import { openTerminal } from './open-terminal.ts'
import { readWhole } from './read-whole.ts'
import { run } from './run.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../../../', import.meta.url))

/** Beside what `npm start` reads. */
const envFile = join(PROJECT_FOLDER, '.env')
if (existsSync(envFile)) loadEnvFile(envFile)

const interrupted = new AbortController()
// The second one ends the process.
process.once('SIGINT', () => interrupted.abort())
process.once('SIGTERM', () => interrupted.abort())
// Whoever reads us has read enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  interrupted.abort()
})

process.exitCode = await run(process.argv.slice(2), {
  terminal: openTerminal(process),
  environment: process.env,
  projectFolder: PROJECT_FOLDER,
  signal: interrupted.signal,
  readInput: (mostBytes) => readWhole(process.stdin, mostBytes),
})
