import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * An upstream that answers nobody to the end, and says when each call came and when its connection was closed, in
 * nanoseconds of the machine's monotonic clock, which all its processes share. The model's name says how it answers:
 * `silent` not at all; `whole` with the beginning of a reply that is to be held until it is whole; `large` with that of
 * one that is passed on as it comes; `stream` with a delta every 10 ms; `later` with "503, come back in 0.2 s".
 */
const PACE_MS = 10
const DELTA = `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'stream', choices: [{ index: 0, delta: { content: 'word ' }, finish_reason: null }] })}\n\n`
const LARGE = 'x'.repeat(200_000)

let calls = 0

const server = createServer((request, response) => {
  calls += 1
  const call = calls
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => (body += text))
  request.on('end', () => {
    tell('taken', call)
    const model = /"model":"(\w+)"/.exec(body)?.[1]
    if (model === 'later') response.writeHead(503, { 'retry-after': '0.2', 'content-type': 'application/json' }).end('{"error":{"message":"Not now."}}')
    else begin(response, model)
  })
  response.on('close', () => tell('closed', call))
})

function begin(response: ServerResponse, model: string | undefined): void {
  if (model === 'whole') response.writeHead(200, { 'content-type': 'application/json', 'content-length': '9000' }).write('{"id":"')
  if (model === 'large') response.writeHead(200, { 'content-type': 'application/json', 'content-length': '900000' }).write(`{"id":"${LARGE}`)
  if (model !== 'stream') return
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const timer = setInterval(() => response.write(DELTA), PACE_MS)
  response.once('close', () => clearInterval(timer))
}

function tell(type: 'taken' | 'closed', call: number): void {
  process.send?.({ type, call, at: String(process.hrtime.bigint()) })
}

server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ type: 'listening', port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
