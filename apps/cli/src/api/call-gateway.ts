import type { z } from 'zod'

import manifest from '../../package.json' with { type: 'json' }
import type { Connection } from '../connection.ts'
import { Failure } from '../failure.ts'
import { explainBreak, explainStatus } from './explain-error.ts'

export interface Ask<Schema extends z.ZodType> {
  method?: 'GET' | 'POST' | 'DELETE'
  /** Below `/v1`. */
  path: string
  query?: Record<string, string | number | undefined>
  body?: object
  /** The version of what is changed, as it was looked at. */
  version?: number
  schema: Schema
  signal: AbortSignal
}

/** What the gateway answered: as it is in the contract, and as it came, for `--json`. */
export interface Answer<Value> {
  value: Value
  json: unknown
}

const ANSWER_MS = 60_000
/** The gateway notes by it that something was done from here. */
const USER_AGENT = `signalbox-cli/${manifest.version}`

/** One call of the gateway's public API. @throws Failure with one line that says what to do. */
export async function callGateway<Schema extends z.ZodType>(connection: Connection, ask: Ask<Schema>): Promise<Answer<z.infer<Schema>>> {
  const { method = 'GET', body, version, schema, signal } = ask
  try {
    const response = await fetch(toUrl(connection, ask), {
      method,
      // A key must not follow to wherever a redirect points.
      redirect: 'manual',
      headers: { ...toHeaders(connection, body !== undefined), ...(version !== undefined && { 'if-match': `"${version}"` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    })
    const json = parseJson(await response.text())
    if (!response.ok) throw explainStatus(response.status, json, connection, response.headers.get('retry-after'))
    const parsed = schema.safeParse(json)
    if (!parsed.success)
      throw new Failure(`What answers at ${connection.url} does not speak as this signalbox does. Name the gateway with --url, or bring both to one version.`)
    return { value: parsed.data, json }
  } catch (error) {
    throw explainBreak(error, connection, signal)
  }
}

export function toHeaders({ key }: Connection, hasBody: boolean): Record<string, string> {
  return { 'accept': 'application/json', 'user-agent': USER_AGENT, 'authorization': `Bearer ${key}`, ...(hasBody && { 'content-type': 'application/json' }) }
}

export function toUrl({ url }: Connection, { path, query = {} }: Pick<Ask<z.ZodType>, 'path' | 'query'>): string {
  const words = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) words.set(name, String(value))
  return `${url}/v1${path}${words.size === 0 ? '' : `?${words.toString()}`}`
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
