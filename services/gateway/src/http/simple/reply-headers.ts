import type { IncomingHttpHeaders } from 'node:http'

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
])

export type ReplyHeaders = Record<string, string | string[]>

/**
 * The upstream's headers as the caller gets them, with ours put over them. Its request id goes under
 * `x-upstream-request-id`, since every answer of ours has our own.
 */
export function toReplyHeaders(upstream: IncomingHttpHeaders, ours: Record<string, string> = {}): ReplyHeaders {
  const named = readConnectionOptions(upstream.connection)
  const headers: ReplyHeaders = {}
  for (const name in upstream) {
    const value = upstream[name]
    if (value === undefined || DROPPED.has(name) || named?.includes(name) || name.startsWith('access-control-') || name.startsWith('x-signalbox-')) continue
    headers[name] = value
  }
  const id = upstream['x-request-id']
  if (id !== undefined) headers['x-upstream-request-id'] = id
  return Object.assign(headers, ours)
}

/** The headers that belong to this connection alone, where it names any. */
function readConnectionOptions(connection: string | undefined): string[] | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  return connection.toLowerCase().split(/\s*,\s*/)
}
