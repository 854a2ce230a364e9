import { createHash } from 'node:crypto'

import type { Context } from 'hono'

const MAX_AGE_S = 60

/** Serves a card with what caches want to know (specification section 8.6). It may change with the address that others reach us at. */
export function createCardRoute(readCard: () => object): (c: Context) => Response {
  let served = { body: '', etag: '', lastModified: '' }
  return (c) => {
    const body = JSON.stringify(readCard())
    if (body !== served.body) served = { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"`, lastModified: new Date().toUTCString() }
    const headers = { 'etag': served.etag, 'last-modified': served.lastModified, 'cache-control': `public, max-age=${MAX_AGE_S}` }
    if (isKnown(c.req.header('if-none-match'), served.etag)) return c.body(null, 304, headers)
    return c.body(served.body, 200, { ...headers, 'content-type': 'application/json' })
  }
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((known) => known.trim().replace(/^W\//, '') === etag || known.trim() === '*')
}
