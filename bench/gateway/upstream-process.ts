import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { answerUsage } from './answer-usage.ts'

/**
 * An upstream that costs as little as it can: a fixed 1 KB completion, or a fixed stream of 50 deltas. Its own process,
 * so that its cost is nobody else's. The model's name says how it answers: `bench` at once; `bench-paced` streams a delta
 * every 10 ms; `bench-slow` takes 300 ms, and `bench-classifier`, which judges every question as simple, 150 ms.
 */
const COMPLETION = toCompletion('x'.repeat(700))
const VERDICT = toCompletion(JSON.stringify({ reason: 'one question that any model answers', needs_orchestration: false }))
const DELTAS = 50
const STREAM = Array.from(
  { length: DELTAS },
  (_, index) =>
    `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'bench', choices: [{ index: 0, delta: { content: `word${index} ` }, finish_reason: index === DELTAS - 1 ? 'stop' : null }] })}\n\n`,
)
const PACE_MS = 10
const SLOW_MS = 300
const CLASSIFIER_MS = 150

const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => (body += text))
  request.on('end', () => {
    if (request.url?.endsWith('/models')) return sendJson(response, '{"object":"list","data":[{"id":"bench","object":"model","created":1,"owned_by":"bench"}]}')
    if (body.includes('"bench-classifier"')) return void setTimeout(() => sendJson(response, VERDICT), CLASSIFIER_MS)
    if (body.includes('"bench-slow"')) return void setTimeout(() => sendJson(response, COMPLETION), SLOW_MS)
    if (!body.includes('"stream":true')) return sendJson(response, COMPLETION)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (body.includes('"bench-paced"')) return sendPaced(response)
    for (const event of STREAM) response.write(event)
    response.end('data: [DONE]\n\n')
  })
})

function sendJson(response: ServerResponse, json: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }).end(json)
}

function sendPaced(response: ServerResponse): void {
  let sent = 0
  const timer = setInterval(() => {
    response.write(STREAM[sent])
    sent += 1
    if (sent < DELTAS) return
    clearInterval(timer)
    response.end('data: [DONE]\n\n')
  }, PACE_MS)
  response.once('close', () => clearInterval(timer))
}

function toCompletion(content: string): string {
  return JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: 'bench',
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, finish_reason: 'stop', logprobs: null }],
    usage: { prompt_tokens: 10, completion_tokens: 175, total_tokens: 185 },
  })
}

server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
answerUsage()
