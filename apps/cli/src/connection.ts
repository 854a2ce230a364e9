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
  /** An operator's key: everybody's sessions are there, in the form of lists and details for operators. */
  isOperator: boolean
}

export interface ConnectionWishes {
  url: string | undefined
  data: string | undefined
}

/** Whose key a command is done with. `reader`: an operator's where there is one, since others' approvals are there too. */
export type KeyWish = 'own' | 'operator' | 'reader'

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_URL = 'http://127.0.0.1:8000'
/** What each kind of key is called, and where `npm start` keeps the one that it made. */
const KEYS = {
  own: { name: 'API key', variable: 'SIGNALBOX_API_KEY', file: 'dev-api-key' },
  operator: { name: 'operator key', variable: 'SIGNALBOX_OPERATOR_KEY', file: 'operator-key' },
} as const
type KeyKind = keyof typeof KEYS

/**
 * The gateway that is meant: `--url`, SIGNALBOX_URL, or the one of `npm start`. Its keys are SIGNALBOX_API_KEY and
 * SIGNALBOX_OPERATOR_KEY, or, for a gateway of this machine, those in the data folder of `npm start`.
 *
 * @throws Failure that says where a key was looked for, and how to give one.
 */
export async function findConnection(wishes: ConnectionWishes, environment: Environment, projectFolder: string, wish: KeyWish): Promise<Connection> {
  const url = readUrl(wishes.url ?? valueOf(environment['SIGNALBOX_URL']) ?? DEFAULT_URL)
  const folder = resolve(wishes.data ?? valueOf(environment['DATA_DIR']) ?? join(projectFolder, '.signalbox'))
  const place: Place = { url, folder, environment, isDataNamed: wishes.data !== undefined }
  if (wish === 'operator') return requireFound(await find(place, 'operator'), place, 'operator')
  const [first, second]: KeyKind[] = wish === 'reader' ? ['operator', 'own'] : ['own', 'operator']
  const found = await find(place, first as KeyKind)
  if (typeof found !== 'string') return found
  const other = await find(place, second as KeyKind)
  return typeof other === 'string' ? requireFound(wish === 'own' ? found : other, place, 'own') : other
}

interface Place {
  url: string
  folder: string
  environment: Environment
  isDataNamed: boolean
}

/** The key of a kind, or why there is none. */
async function find({ url, folder, environment, isDataNamed }: Place, kind: KeyKind): Promise<Connection | string> {
  const { variable, file: name } = KEYS[kind]
  const isOperator = kind === 'operator'
  const key = valueOf(environment[variable])
  if (key !== undefined && !isDataNamed) return { url, key: requireKey(key, kind, variable), keySource: variable, isOperator }
  // That key was made for this machine; no other one has any business with it.
  if (!isLoopback(url)) return ''
  const file = join(folder, name)
  try {
    return { url, key: requireKey((await readFile(file, 'utf8')).trim(), kind, file), keySource: file, isOperator }
  } catch (error) {
    if (error instanceof Failure) throw error
    const { code } = error as NodeJS.ErrnoException
    return `${code === 'ENOENT' ? 'there is no' : `${code ?? 'an unknown fault'} reading`} ${file}`
  }
}

function requireFound(found: Connection | string, { url }: Place, kind: KeyKind): Connection {
  if (typeof found !== 'string') return found
  const { name, variable } = KEYS[kind]
  if (found === '') throw new Failure(`No ${name} for ${url}. Set ${variable} to one of its keys.`)
  throw new Failure(`No ${name}: ${variable} is not set, and ${found}. Set it, or name the data folder of npm start with --data.`)
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

function requireKey(key: string, kind: KeyKind, source: string): string {
  if (/^[\x21-\x7e]{1,512}$/.test(key)) return key
  throw new Failure(`What is in ${source} is no ${KEYS[kind].name}.`)
}
