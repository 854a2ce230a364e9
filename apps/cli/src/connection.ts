import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { Failure, UsageFailure } from './failure.ts'

/** Where the gateway is, and the key that it is called with. */
export interface Connection {
  /** Without `/v1` and without a slash at its end. */
  url: string
  key: string
  /** Where the key came from, in words; never the key. */
  keySource: string
}

export interface ConnectionWishes {
  url: string | undefined
  data: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_URL = 'http://127.0.0.1:8000'
/** Where `npm start` keeps the key that it made. */
const KEY_FILE = 'dev-api-key'

/**
 * The gateway that is meant: `--url`, SIGNALBOX_URL, or the one of `npm start`. Its key is
 * SIGNALBOX_API_KEY, or, for a gateway of this machine, the one in the data folder of `npm start`.
 *
 * @throws Failure that says where a key was looked for, and how to give one.
 */
export async function findConnection(wishes: ConnectionWishes, environment: Environment, projectFolder: string): Promise<Connection> {
  const url = readUrl(wishes.url ?? valueOf(environment['SIGNALBOX_URL']) ?? DEFAULT_URL)
  const key = valueOf(environment['SIGNALBOX_API_KEY'])
  if (key !== undefined && wishes.data === undefined) return { url, key: requireKey(key, 'SIGNALBOX_API_KEY'), keySource: 'SIGNALBOX_API_KEY' }
  const folder = resolve(wishes.data ?? valueOf(environment['DATA_DIR']) ?? join(projectFolder, '.signalbox'))
  // That key was made for this machine; no other one has any business with it.
  if (!isLoopback(url)) throw new Failure(`No API key for ${url}. Set SIGNALBOX_API_KEY to one of its keys.`)
  const file = join(folder, KEY_FILE)
  return { url, key: requireKey(await readKeyFile(file), file), keySource: file }
}

function valueOf(text: string | undefined): string | undefined {
  return text?.trim() || undefined
}

function readUrl(text: string): string {
  const url = URL.parse(text)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new UsageFailure(`${text} is not an http or https URL.`)
  if (url.username !== '' || url.password !== '') throw new UsageFailure('The URL must hold no name and no password. Set SIGNALBOX_API_KEY instead.')
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}`
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

async function readKeyFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'there is no' : `${code ?? 'an unknown fault'} reading`
    throw new Failure(`No API key: SIGNALBOX_API_KEY is not set, and ${why} ${file}. Set it, or name the data folder of npm start with --data.`)
  }
}

function requireKey(key: string, source: string): string {
  if (/^[\x21-\x7e]{1,512}$/.test(key)) return key
  throw new Failure(`What is in ${source} is no API key.`)
}
