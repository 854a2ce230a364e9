import type { IncomingHttpHeaders } from 'node:http'

import { ANSWER_HEADERS, type OurHeaders } from '../openai-headers.ts'
import { oneValue } from '../to-routing-facts.ts'

/** Hop-by-hop (RFC 9110, 7.6.1), and what speaks for the upstream's host and not for ours. */
const DROPPED: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'server',
  'via',
  'alt-svc',
  'set-cookie',
  'strict-transport-security',
  'content-security-policy',
  'x-powered-by',
  'x-request-id',
  'www-authenticate',
  // It speaks of what we sent, and would stand in the place of what we say of our caller's origin.
  'vary',
])

const OURS: ReadonlySet<string> = new Set(ANSWER_HEADERS)
/** Said twice, it is none. */
const SINGLE = 'content-type'

/** Node's flat list: name, value, name, value. It is written as it stands, where an object would be taken apart first. */
export type ReplyHeaders = string[]

/**
 * The upstream's headers as the caller gets them, with ours beside them; without those that `except` says. Its request
 * id goes under `x-upstream-request-id`, since every answer of ours has our own.
 */
export function listReplyHeaders(upstream: IncomingHttpHeaders, ours: OurHeaders, except?: ReadonlySet<string>): ReplyHeaders {
  const named = readConnectionOptions(upstream.connection)
  const list: string[] = []
  for (const name in upstream) {
    const value = upstream[name]
    if (value === undefined || OURS.has(name) || except?.has(name) === true || !isPassedOn(name, named)) continue
    if (typeof value === 'string') list.push(name, value)
    else for (const one of name === SINGLE ? value.slice(0, 1) : value) list.push(name, one)
  }
  const id = oneValue(upstream['x-request-id'])
  if (id !== undefined) list.push('x-upstream-request-id', id)
  ours.addTo(list)
  return list
}

/** The same as an object, without ours. */
export function toReplyHeaders(upstream: IncomingHttpHeaders): Record<string, string | string[]> {
  const named = readConnectionOptions(upstream.connection)
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(upstream)) if (value !== undefined && isPassedOn(name, named)) headers[name] = value
  const id = oneValue(upstream['x-request-id'])
  if (id !== undefined) headers['x-upstream-request-id'] = id
  return headers
}

function isPassedOn(name: string, named: readonly string[] | undefined): boolean {
  return !DROPPED.has(name) && named?.includes(name) !== true && !name.startsWith('access-control-') && !name.startsWith('x-signalbox-')
}

/** The headers that belong to this connection alone, where it names any. */
function readConnectionOptions(connection: string | string[] | undefined): string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  return String(connection)
    .toLowerCase()
    .split(/\s*,\s*/)
}
