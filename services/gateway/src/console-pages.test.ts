import { mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

import { temporaryFolder } from '@signalbox/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { startConsole, type TestConsole } from './fixtures/console.ts'

const PAGE = '<!doctype html><title>Signalbox</title>'
const SCRIPT = `export const words = '${'signalbox '.repeat(500)}'`

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let gateway: TestConsole

beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'dist', 'assets'), { recursive: true })
  await Promise.all([
    writeFile(join(folder.path, 'dist', 'index.html'), PAGE),
    writeFile(join(folder.path, 'dist', 'assets', 'index-DKdI2x_a.js'), SCRIPT),
    writeFile(join(folder.path, 'dist', 'favicon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>'),
    writeFile(join(folder.path, 'secret.txt'), 'swordfish'),
  ])
  await symlink(join(folder.path, 'secret.txt'), join(folder.path, 'dist', 'link.txt'))
  gateway = await startConsole({ CONSOLE_DIR: join(folder.path, 'dist') })
})

afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

test.each(['/console', '/console/', '/console/index.html', '/console/approvals', '/console/approvals/apr_1?tab=plan', '/console/sessions/ses_1/node'])(
  '%s is the app’s page, never kept',
  async (path) => {
    const { status, headers, text } = await get(path)
    expect([status, headers.get('content-type'), headers.get('cache-control'), text]).toEqual([200, 'text/html; charset=UTF-8', 'no-store', PAGE])
  },
)

test('what is named after its contents is kept for good; what is not is asked for again', async () => {
  const script = await get('/console/assets/index-DKdI2x_a.js')
  expect([script.status, script.headers.get('content-type'), script.headers.get('cache-control'), script.text]).toEqual([
    200,
    'text/javascript; charset=utf-8',
    'public, max-age=31536000, immutable',
    SCRIPT,
  ])
  const icon = await get('/console/favicon.svg')
  expect([icon.headers.get('content-type'), icon.headers.get('cache-control')]).toEqual(['image/svg+xml', 'no-cache'])
  const etag = icon.headers.get('etag') ?? ''
  const again = await get('/console/favicon.svg', { 'if-none-match': `"other", ${etag}` })
  expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag])
})

test.each([
  ['br, gzip', 'br'],
  ['gzip, deflate', 'gzip'],
  ['br;q=0, gzip;q=0.5', 'gzip'],
  ['', undefined],
])('whoever takes %j is sent %s', async (accepted, encoding) => {
  const { headers, body } = await raw('/console/assets/index-DKdI2x_a.js', { 'accept-encoding': accepted })
  expect(headers['content-encoding']).toBe(encoding)
  expect(headers['vary']).toBe('accept-encoding')
  expect(Number(headers['content-length'])).toBe(body.length)
  const whole = encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body
  expect(whole.toString()).toBe(SCRIPT)
  if (encoding !== undefined) expect(body.length).toBeLessThan(SCRIPT.length / 5)
})

test('HEAD says what GET would send, and sends nothing', async () => {
  const { status, headers, body } = await raw('/console/assets/index-DKdI2x_a.js', {}, 'HEAD')
  expect([status, Number(headers['content-length']), body.length]).toEqual([200, SCRIPT.length, 0])
})

test.each([
  '/console/../secret.txt',
  '/console/%2e%2e/secret.txt',
  '/console/..%2fsecret.txt',
  '/console/assets/../../secret.txt',
  '/console/%2e%2e%2fsecret.txt',
  '/console//etc/passwd',
  '/console/link.txt',
  '/console/..\\secret.txt',
  '/console/%00',
])('nothing outside of the folder is served: %s', async (path) => {
  const { body } = await raw(path)
  expect(body.toString()).not.toContain('swordfish')
  expect(body.toString()).not.toContain('root:')
})

test('an asset of a build that is gone is missing, and no page in its place', async () => {
  expect((await get('/console/assets/index-OLDOLD12.js')).status).toBe(404)
})

test('a page runs and loads only what comes from here, and nobody frames it', async () => {
  for (const path of ['/console/', '/console/assets/index-DKdI2x_a.js', '/console/api/session']) {
    const { headers } = await get(path)
    expect(headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "font-src 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "object-src 'none'",
    ])
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
      'x-frame-options': 'DENY',
    })
  }
})

test('a page that asks for a nonce gets another one with every answer, and its policy names it', async () => {
  await writeFile(join(folder.path, 'dist', 'index.html'), '<meta property="csp-nonce" nonce="__CSP_NONCE__">')
  const [first, second] = [await get('/console/'), await get('/console/')]
  const nonce = /nonce="([\w-]{22})"/.exec(first.text)?.[1] ?? ''
  expect(first.headers.get('content-security-policy')).toContain(`style-src 'self' 'nonce-${nonce}'`)
  expect(first.headers.get('content-security-policy')).toContain("script-src 'self';")
  expect(second.text).not.toBe(first.text)
})

test('what is built anew while we run is served as it is then', async () => {
  await get('/console/assets/index-DKdI2x_a.js')
  await writeFile(join(folder.path, 'dist', 'assets', 'index-NEWNEW12.js'), 'export {}')
  await writeFile(join(folder.path, 'dist', 'index.html'), 'new')
  await utimes(join(folder.path, 'dist', 'index.html'), new Date(), new Date(Date.now() + 5_000))
  expect((await get('/console/')).text).toBe('new')
  expect((await get('/console/assets/index-NEWNEW12.js')).text).toBe('export {}')
})

test('without a build the page says how to make one', async () => {
  await using bare = await startConsole()
  const response = await fetch(`${bare.url}/console/approvals`)
  expect([response.status, await response.text()]).toEqual([404, expect.stringContaining('npm run build -w @signalbox/console')])
})

test('whoever types the address into a browser is led to the console; a program is told that there is nothing', async () => {
  const person = await fetch(`${gateway.url}/`, { redirect: 'manual', headers: { accept: 'text/html,*/*' } })
  expect([person.status, person.headers.get('location')]).toEqual([302, '/console/'])
  expect((await fetch(`${gateway.url}/`)).status).toBe(404)
})

test('where there is no console, nothing of it is there', async () => {
  await using bare = await startConsole({ CONSOLE_ENABLED: 'false' })
  for (const path of ['/console', '/console/api/info', '/d/x']) expect((await fetch(`${bare.url}${path}`)).status).toBe(404)
})

async function get(path: string, headers: Record<string, string> = {}): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(`${gateway.url}${path}`, { headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** The path as it is, and the bytes as they come: `fetch` tidies up both. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number | undefined; headers: Record<string, unknown>; body: Buffer }> {
  const { hostname, port } = new URL(gateway.url)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers }, (response) => {
      const pieces: Buffer[] = []
      response
        .on('data', (piece: Buffer) => pieces.push(piece))
        .on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }))
    })
      .on('error', reject)
      .end()
  })
}
