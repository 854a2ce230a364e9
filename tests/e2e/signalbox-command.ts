import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import type { SignalboxProcess } from './signalbox-process.ts'

const MAIN = fileURLToPath(new URL('../../apps/cli/src/main.ts', import.meta.url))

export interface CommandOutcome {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the `signalbox` command as its users do: a process of its own, which finds its keys in the environment. */
export async function signalboxCommand({ origin, apiKey, operatorKey }: SignalboxProcess, words: readonly string[], input = ''): Promise<CommandOutcome> {
  const environment = { ...process.env, SIGNALBOX_URL: origin, SIGNALBOX_API_KEY: apiKey, SIGNALBOX_OPERATOR_KEY: operatorKey, NO_COLOR: '1' }
  const child = spawn(process.execPath, [MAIN, ...words], { env: environment, stdio: 'pipe' })
  child.stdin.end(input)
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit') as Promise<[number | null]>])
  return { code, stdout, stderr }
}
