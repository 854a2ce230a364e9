import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { startProgram, type MeasuredProcess } from './measured-process.ts'
import { findPort } from './start-nginx.ts'

/** The release, and with it the server that it was made for: with what a fresh install brings, every stream is a 500. */
const DEPENDENCIES = { '@portkey-ai/gateway': '1.15.2', '@hono/node-server': '1.13.5' }
const INSTALL_TIMEOUT_MS = 120_000

/** The npm gateway `@portkey-ai/gateway`, installed into a temporary folder; undefined where it cannot be installed. */
export async function startPortkey(): Promise<MeasuredProcess | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-portkey-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const overrides = { '@hono/node-server': DEPENDENCIES['@hono/node-server'] }
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: DEPENDENCIES, overrides }))
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder, timeout: INSTALL_TIMEOUT_MS })
    const port = await findPort()
    const portkey = await startProgram(process.execPath, ['node_modules/@portkey-ai/gateway/build/start-server.js', `--port=${port}`, '--headless'], {
      port,
      folder,
      environment: { NODE_ENV: 'production' },
    })
    return {
      ...portkey,
      [Symbol.asyncDispose]: async () => {
        await portkey[Symbol.asyncDispose]()
        await remove()
      },
    }
  } catch {
    await remove()
    return undefined
  }
}

/** What makes it call our upstream. */
export function toPortkeyHeaders(upstream: string): Record<string, string> {
  return { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` }
}
