import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that an upstream took, as a test wants to look at it. */
export interface UpstreamCall {
  path: string
  headers: IncomingHttpHeaders
  body: Record<string, unknown>
  /** The prompt's last message. */
  prompt: string
  /** Settles when the connection of this request is gone, answered or not. */
  closed: Promise<unknown>
}

export interface ModelUpstream extends AsyncDisposable {
  /** With its `/v1`. */
  readonly baseUrl: string
  readonly calls: UpstreamCall[]
}

export type UpstreamAnswer = (response: ServerResponse, call: UpstreamCall, index: number) => unknown

/** A real HTTP server in the place of a model endpoint, that answers call by call as the test says. */
export async function startModelUpstream(answer: UpstreamAnswer): Promise<ModelUpstream> {
  const calls: UpstreamCall[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request.setEncoding('utf8')) text += piece
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    const messages = (body['messages'] ?? []) as { content: string }[]
    const call = { path: request.url ?? '', headers: request.headers, body, prompt: messages.at(-1)?.content ?? '', closed: once(response, 'close') }
    if (request.method === 'POST') calls.push(call)
    await answer(response, call, calls.length - 1)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const TOKENS = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }

/** Answers with a whole completion. */
export function sayWhole(response: ServerResponse, content: string, extra: Record<string, unknown> = {}): void {
  const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', ...extra }
  sayJson(response, 200, { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'test-model-2026-01-01', choices: [choice], usage: TOKENS })
}

export function sayJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** An error in OpenAI's shape. */
export function sayError(
  response: ServerResponse,
  status: number,
  error: { message?: string; code?: string | null; type?: string } = {},
  headers: Record<string, string> = {},
): void {
  sayJson(response, status, { error: { message: 'no', type: 'server_error', param: null, code: null, ...error } }, headers)
}

/** The lines of a streamed answer: one chunk for each delta, the finish reason, the usage, `[DONE]`. */
export function streamLines(
  deltas: readonly (string | Record<string, unknown>)[],
  options: { finishReason?: string | null; usage?: object | null; done?: boolean } = {},
): string {
  const { finishReason = 'stop', usage = TOKENS, done = true } = options
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'test-model-2026-01-01' }
  const chunks: object[] = deltas.map((delta) => ({
    ...head,
    choices: [{ index: 0, delta: typeof delta === 'string' ? { content: delta } : delta, finish_reason: null }],
  }))
  if (finishReason !== null) chunks.push({ ...head, choices: [{ index: 0, delta: {}, finish_reason: finishReason }] })
  if (usage !== null) chunks.push({ ...head, choices: [], usage })
  return chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + (done ? 'data: [DONE]\n\n' : '')
}

/** Starts a stream; what is written next are its lines. */
export function openStream(response: ServerResponse): ServerResponse {
  return response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
}

export function sayStream(response: ServerResponse, deltas: readonly (string | Record<string, unknown>)[]): void {
  openStream(response).end(streamLines(deltas))
}
