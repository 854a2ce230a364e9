import { randomBytes } from 'node:crypto'
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { ConfigError } from '@signalbox/config'

/** Where everything that outlives a run is kept: sessions, knowledge, logs, and the secrets made here. */
export interface DataFolder {
  path: string
  logFile: string
  /** Shared by the services of this machine, so that they believe each other. */
  serviceToken: string
  /** The API key for callers where `SIGNALBOX_API_KEYS` names none. The same over restarts, so that a pasted curl line goes on working. */
  devApiKey: string
  /** The key for the `signalbox` command on this machine, where `SIGNALBOX_OPERATOR_KEYS` names none. */
  operatorKey: string
}

/** @throws ConfigError with one line that says what to do when the folder cannot be written. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const folder = resolve(path)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK)
    return {
      path: folder,
      logFile: join(folder, 'signalbox.log'),
      serviceToken: await keptSecret(join(folder, 'service-token'), () => `sbt_${randomBytes(32).toString('base64url')}`),
      devApiKey: await keptSecret(join(folder, 'dev-api-key'), () => `sbx_${randomBytes(24).toString('base64url')}`),
      operatorKey: await keptSecret(join(folder, 'operator-key'), () => `sbo_${randomBytes(24).toString('base64url')}`),
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new ConfigError('signalbox', [
      `the data folder ${folder} cannot be written (${code ?? 'unknown fault'}): give it to this user, or set DATA_DIR to another`,
    ])
  }
}

/** Reads a secret, or makes and keeps one that only this user can read. */
async function keptSecret(file: string, make: () => string): Promise<string> {
  try {
    const kept = (await readFile(file, 'utf8')).trim()
    if (kept.length >= 16) return kept
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const secret = make()
  await writeFile(file, `${secret}\n`, { mode: 0o600 })
  return secret
}
