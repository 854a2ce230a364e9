import { randomBytes } from 'node:crypto'

import type { Context, Hono } from 'hono'

import type { StaticFile, StaticFiles } from '../../core/console/static-files.ts'
import type { GatewayEnv } from '../gateway-env.ts'
import { toContentSecurityPolicy } from './page-headers.ts'

/** Where a page has this, every answer gets a nonce of its own: libraries that write style elements are told it by the page. */
const NONCE_PLACE = '__CSP_NONCE__'

/** `GET /console/*`: the app's files; any other path is one of the app's own, and gets its page. */
export function mountPages(app: Hono<GatewayEnv>, files: StaticFiles | undefined): void {
  app.get('/*', async (c) => {
    const path = toFilePath(c.req.path)
    const file = await files?.find(path)
    if (file && path !== 'index.html') return sendFile(c, file)
    const page = await files?.find('index.html')
    if (!page) return c.html(NOT_BUILT, 404, { 'cache-control': 'no-store' })
    // An asset of a build that is gone is missing, and no page in its place: as a script that would be a riddle.
    if (path.startsWith('assets/')) return c.text('There is no such file.', 404, { 'cache-control': 'no-store' })
    return sendPage(c, page)
  })
}

function toFilePath(path: string): string {
  const below = path.replace(/^\/console\/?/, '')
  return below === '' ? 'index.html' : below
}

function sendFile(c: Context, { bytes, type, etag, immutable, brotli, gzip }: StaticFile): Response {
  const headers: Record<string, string> = {
    etag,
    'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    ...((brotli ?? gzip) && { vary: 'accept-encoding' }),
  }
  if (isKnown(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers)
  const accepted = readAccepted(c.req.header('accept-encoding'))
  const [encoding, sent] = brotli && accepted.has('br') ? ['br', brotli] : gzip && accepted.has('gzip') ? ['gzip', gzip] : [undefined, bytes]
  return c.body(new Uint8Array(sent), 200, {
    ...headers,
    'content-type': type,
    'content-length': String(sent.length),
    ...(encoding !== undefined && { 'content-encoding': encoding }),
  })
}

function sendPage(c: Context, { bytes }: StaticFile): Response {
  const text = bytes.toString('utf8')
  const headers = { 'cache-control': 'no-store' }
  if (!text.includes(NONCE_PLACE)) return c.html(text, 200, headers)
  const nonce = randomBytes(16).toString('base64url')
  return c.html(text.replaceAll(NONCE_PLACE, nonce), 200, { ...headers, 'content-security-policy': toContentSecurityPolicy(`'self' 'nonce-${nonce}'`) })
}

function isKnown(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((known) => known.trim().replace(/^W\//, '') === etag) ?? false
}

/** `gzip;q=0` refuses it; how much the others are liked does not matter to us. */
function readAccepted(header = ''): Set<string> {
  return new Set(
    header
      .toLowerCase()
      .split(',')
      .map((word) => word.split(';').map((part) => part.trim()))
      .filter(([, quality]) => quality === undefined || !/^q=0(?:\.0*)?$/.test(quality))
      .map(([name = '']) => name),
  )
}

const NOT_BUILT = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Signalbox</title>
<h1>The console has not been built</h1>
<p>The gateway is here, and answers at <code>/v1</code>. Its console is built by</p>
<pre>npm run build -w @signalbox/console</pre>
<p>and served by a gateway whose <code>CONSOLE_DIR</code> names the folder that this makes.</p>
</html>
`
