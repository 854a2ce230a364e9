/**
 * `node dev/serve-stories.ts [port]`: the console's API with made-up sessions that go on while one looks, and
 * the built console beside it under the content policy that the gateway sets.
 */
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { Readable } from 'node:stream'

import { createApprovalRoutes, type ApprovalRoutes } from './approvals/approval-routes.ts'
import { createSessionRoutes } from './session-routes.ts'

const DIST = process.env['CONSOLE_DIR'] ?? join(import.meta.dirname, '../dist')
const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'"

export interface StoryServer {
  url: string
  /** Breaks every open line, as a proxy that restarts does. */
  breakLines(): void
  /** Requests with an API key that were seen, as the first run waits for. */
  setRequestsSeen(count: number): void
  approvals: ApprovalRoutes
  close(): Promise<void>
}

export function serveStories(port = 0, { empty = false }: { empty?: boolean } = {}): Promise<StoryServer> {
  const routes = createSessionRoutes()
  const approvals = createApprovalRoutes({ empty })
  let requestsSeen = empty ? 0 : 3
  let isEmpty = empty
  const open = new Set<ServerResponse>()

  const answerApi = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname.replace('/console/api', '')
    if (path === '/info')
      return Response.json({
        base_url: `http://${request.headers.get('host') ?? ''}/v1`,
        oidc: null,
        version: '0.1.0',
        model: 'scripted',
        scripted: true,
        requests_seen: requestsSeen,
        trace_url_template: 'http://127.0.0.1:6006/redirects/traces/{trace_id}',
      })
    if (isEmpty && path === '/sessions') return Response.json({ object: 'list', data: [], total: 0, next_cursor: null })
    return (
      (await approvals.answer(request)) ??
      (await routes(request)) ??
      Response.json({ error: { message: 'Not here.', type: 'not_found_error', param: null, code: 'not_found' } }, { status: 404 })
    )
  }

  const server = createServer((incoming, outgoing) => {
    void answer(incoming, outgoing).catch(() => outgoing.destroy())
  })
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? '127.0.0.1'}`)
    if (!url.pathname.startsWith('/console/api/')) return sendFile(url.pathname, outgoing)
    const gone = new AbortController()
    outgoing.once('close', () => gone.abort())
    const hasBody = incoming.method === 'POST' || incoming.method === 'PATCH'
    const body = hasBody ? await readAll(incoming) : undefined
    const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)])
    const response = await answerApi(new Request(url, { method: incoming.method ?? 'GET', headers, ...(body !== undefined && body !== '' && { body }) }))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    if (!response.body) return void outgoing.end()
    open.add(outgoing)
    const stream = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
    stream.on('error', () => outgoing.destroy())
    outgoing.once('close', () => {
      open.delete(outgoing)
      stream.destroy()
    })
    stream.pipe(outgoing)
  }

  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : port}/console/`,
        approvals,
        breakLines: () => {
          for (const outgoing of open) if (outgoing.getHeader('content-type')?.toString().startsWith('text/event-stream')) outgoing.destroy()
        },
        setRequestsSeen: (count) => {
          requestsSeen = count
          isEmpty = count === 0
        },
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            server.closeAllConnections()
          }),
      })
    })
  })
}

async function sendFile(path: string, outgoing: ServerResponse): Promise<void> {
  const name = normalize(path.replace(/^\/console\//, ''))
  const isAsset = extname(name) !== '' && !name.startsWith('..')
  const file = join(DIST, isAsset ? name : 'index.html')
  try {
    const bytes = await readFile(file)
    outgoing.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-security-policy': POLICY })
    outgoing.end(bytes)
  } catch {
    outgoing.writeHead(404).end()
  }
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

if (process.argv[1] === import.meta.filename) {
  const { url } = await serveStories(Number(process.argv[2] ?? 8321), { empty: process.argv.includes('--empty') })
  process.stdout.write(`${url}\n`)
}
