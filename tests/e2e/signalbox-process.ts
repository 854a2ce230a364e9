import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePorts } from '@signalbox/testing'
import OpenAI from 'openai'

const PROJECT_FOLDER = fileURLToPath(new URL('../../', import.meta.url))
const READY_WITHIN_MS = 90_000

/** A whole Signalbox as a user starts it: its own process, its own data folder, found by what it printed. */
export interface SignalboxProcess extends AsyncDisposable {
  /** With `/v1`. */
  baseUrl: string
  /** Without. */
  origin: string
  apiKey: string
  /** For the management API, and the `signalbox` command. */
  operatorKey: string
  /** Of the console's `admin`: that which was printed, which is so at a folder's first start only, or the one of the environment. */
  consolePassword: string
  ports: number[]
  client: OpenAI
  process: ChildProcess
  /** All that it printed so far, on both streams. */
  output(): string
  /** Sends a signal and waits for the end; answers the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface StartOptions {
  dataDir: string
  environment?: Record<string, string>
  arguments?: string[]
  ports?: number[]
}

const PORT_NAMES = ['PORT', 'ORCHESTRATOR_PORT', 'PLANNER_PORT', 'REASONING_PORT', 'RAG_PORT', 'MOCKS_PORT'] as const

/** Runs what `npm start` runs, on free ports, until it says that it is ready. */
export async function startSignalbox(options: StartOptions): Promise<SignalboxProcess> {
  const ports = options.ports ?? (await freePorts(PORT_NAMES.length))
  const running = spawnStart({ ...options, ports })
  const output = collectOutput(running)
  const ended = once(running, 'exit').then(([code]) => code as number | null)

  await waitForReady(output, ended)
  const baseUrl = /Base URL\s+(\S+)/.exec(output.text())?.[1] as string
  const apiKey = /API key\s+(sbx_\S+)/.exec(output.text())?.[1] ?? 'test-key'
  const operatorKey = (await readFile(join(options.dataDir, 'operator-key'), 'utf8').catch(() => '')).trim()
  const consolePassword = /password (\S+)/.exec(output.text())?.[1] ?? options.environment?.['CONSOLE_ADMIN_PASSWORD'] ?? ''
  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    running.kill(signal)
    return ended
  }
  return {
    baseUrl,
    origin: new URL(baseUrl).origin,
    apiKey,
    operatorKey,
    consolePassword,
    ports,
    client: new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 }),
    process: running,
    output: output.text,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop('SIGKILL')),
  }
}

/** Runs a start that is expected to fail; answers its exit code and what it printed. */
export async function startAndFail(options: StartOptions): Promise<{ code: number | null; output: string }> {
  const running = spawnStart({ ...options, ports: options.ports ?? (await freePorts(PORT_NAMES.length)) })
  const output = collectOutput(running)
  const [code] = (await once(running, 'exit')) as [number | null]
  return { code, output: output.text() }
}

function spawnStart(options: StartOptions & { ports: number[] }): ChildProcess {
  const ports = Object.fromEntries(PORT_NAMES.map((name, index) => [name, String(options.ports[index])]))
  const { OPENAI_API_KEY: _key, LLM_BASE_URL: _url, SIGNALBOX_API_KEYS: _keys, ...inherited } = process.env
  return spawn(process.execPath, ['apps/constellation/src/main.ts', ...(options.arguments ?? [])], {
    cwd: PROJECT_FOLDER,
    env: { ...inherited, ...ports, DATA_DIR: options.dataDir, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

interface Output {
  text(): string
  /** Settles when more has been printed. */
  more(): Promise<void>
}

function collectOutput(running: ChildProcess): Output {
  let text = ''
  let wake = Promise.withResolvers<void>()
  for (const stream of [running.stdout, running.stderr]) {
    stream?.on('data', (bytes: Buffer) => {
      text += bytes.toString('utf8')
      wake.resolve()
      wake = Promise.withResolvers()
    })
  }
  return { text: () => text, more: () => wake.promise }
}

async function waitForReady(output: Output, ended: Promise<number | null>): Promise<void> {
  const late = AbortSignal.timeout(READY_WITHIN_MS)
  const tooLate = once(late, 'abort').then(() => 'late' as const)
  while (!output.text().includes('Ctrl-C stops it')) {
    const what = await Promise.race([output.more(), ended.then(() => 'ended' as const), tooLate])
    if (what) throw new Error(`signalbox did not get ready (${what}). It printed:\n${output.text()}`)
  }
}
