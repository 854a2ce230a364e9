import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

import { createDice, type Dice } from '../dice.ts'

/** What goes wrong with an answer. Half of them go well. */
const FAULTS = ['reset', 'hang up', 'cut', 'end early', '500', '503 page', '429', 'garbage', 'wrong type', 'fall silent', 'say nothing', 'half a body'] as const
const MANNERS = ['well', 'slowly', 'late'] as const
type Manner = (typeof MANNERS)[number] | (typeof FAULTS)[number]

/** A model endpoint that answers each question with that question's own mark, over and over, and often fails to. */
export interface FaultyModel extends AsyncDisposable {
  /** With its `/v1`. */
  readonly baseUrl: string
  /** How often it answered in each manner. */
  readonly answered: Map<string, number>
  /** Requests whose connection is still there. */
  openRequests(): number
}

/** The mark in a text; each request of a soak has its own. */
export function markIn(text: string): string | undefined {
  return /\bm\d+x\b/.exec(text)?.[0]
}

/** The one right answer to a question with that mark. */
export function answerTo(mark: string): string {
  const words = createDice(numberOf(mark)).between(1, 40)
  return Array.from({ length: words }, (_, index) => `${mark}:${index} `).join('')
}

export async function startFaultyModel(seed: number): Promise<FaultyModel> {
  const answered = new Map<string, number>()
  const tries = new Map<string, number>()
  const open = new Set<ServerResponse>()
  const server = createServer((request, response) => {
    open.add(response)
    response.once('close', () => open.delete(response))
    response.on('error', () => undefined)
    answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    for await (const piece of request.setEncoding('utf8')) text += piece
    const mark = markIn(text) ?? 'm0x'
    const count = (tries.get(mark) ?? 0) + 1
    tries.set(mark, count)
    const dice = createDice(seed + numberOf(mark) * 31 + count)
    const manner: Manner = dice.between(1, 100) <= 55 ? dice.pick(MANNERS) : dice.pick(FAULTS)
    answered.set(manner, (answered.get(manner) ?? 0) + 1)
    const left = new AbortController()
    response.once('close', () => left.abort())
    if (request.url === '/v1/models') return void sayJson(response, 200, { object: 'list', data: [] })
    await behave(manner, { response, dice, left: left.signal, reply: replyTo(request.url ?? '', text, mark) })
  }

  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    answered,
    openRequests: () => open.size,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Reply = { type: 'text/event-stream'; pieces: string[] } | { type: 'application/json'; pieces: [string] }

function replyTo(path: string, request: string, mark: string): Reply {
  if (path.endsWith('/embeddings'))
    return whole({
      object: 'list',
      model: mark,
      data: [{ object: 'embedding', index: 0, embedding: [numberOf(mark)] }],
      usage: { prompt_tokens: 1, total_tokens: 1 },
    })
  if (request.includes('"routing_decision"'))
    return whole(completionOf(JSON.stringify({ reason: mark, needs_orchestration: request.includes('orchestrate this') })))
  if (!/"stream"\s*:\s*true/.test(request)) return whole(completionOf(answerTo(mark)))
  const chunks = answerTo(mark)
    .split(/(?<= )/)
    .map((content) => chunkOf({ content }, null))
  return { type: 'text/event-stream', pieces: [chunkOf({ role: 'assistant', content: '' }, null), ...chunks, chunkOf({}, 'stop'), 'data: [DONE]\n\n'] }
}

interface Behaviour {
  response: ServerResponse
  dice: Dice
  /** Aborts when whoever asked has gone. */
  left: AbortSignal
  reply: Reply
}

async function behave(manner: Manner, { response, dice, left, reply }: Behaviour): Promise<unknown> {
  const { type, pieces } = reply
  const begin = (): ServerResponse => response.writeHead(200, { 'content-type': type })
  switch (manner) {
    case 'late':
      await pause(dice.between(100, 600), undefined, { signal: left })
      return begin().end(pieces.join(''))
    case 'well':
      return begin().end(pieces.join(''))
    case 'slowly':
      begin()
      for (const piece of pieces) {
        response.write(piece)
        await pause(dice.between(1, 25), undefined, { signal: left })
      }
      return response.end()
    case 'reset':
      return response.socket?.resetAndDestroy()
    case 'hang up':
      begin().flushHeaders()
      await pause(dice.between(0, 20), undefined, { signal: left })
      return response.destroy()
    case 'cut':
    case 'end early': {
      const bytes = Buffer.from(pieces.join(''))
      begin().write(bytes.subarray(0, dice.between(1, bytes.length - 1)))
      await pause(dice.between(0, 20), undefined, { signal: left })
      // A whole reply whose end is said to be its end is not looked into; only streams say by themselves that they are done.
      return manner === 'cut' || type === 'application/json' ? response.destroy() : response.end()
    }
    case '500':
      return sayJson(response, 500, { error: { message: 'The server had an error.', type: 'server_error', param: null, code: null } })
    case '503 page':
      return response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>down</h1>')
    case '429':
      response.setHeader('retry-after-ms', '20')
      return sayJson(response, 429, { error: { message: 'Slow down.', type: 'rate_limit_error', param: null, code: 'rate_limit_exceeded' } })
    case 'garbage':
      return response.socket?.end('\u0000\u0001 this is no HTTP \r\n\r\n')
    case 'wrong type':
      return response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>hello</h1>')
    case 'fall silent':
      begin().write(pieces[0]?.slice(0, 20) ?? '')
      return
    case 'say nothing':
      return
    case 'half a body':
      response.writeHead(200, { 'content-type': type, 'content-length': 100_000 }).write(pieces[0] ?? '')
      await pause(5, undefined, { signal: left })
      return response.destroy()
  }
}

function numberOf(mark: string): number {
  return Number(/\d+/.exec(mark)?.[0] ?? 0)
}

function whole(body: object): Reply {
  return { type: 'application/json', pieces: [JSON.stringify(body)] }
}

function completionOf(content: string): object {
  const message = { role: 'assistant', content, refusal: null }
  return { id: 'chatcmpl-up', object: 'chat.completion', created: 1, model: 'soaked', choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }] }
}

function chunkOf(delta: object, finishReason: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason, logprobs: null }]
  return `data: ${JSON.stringify({ id: 'chatcmpl-up', object: 'chat.completion.chunk', created: 1, model: 'soaked', choices })}\n\n`
}

function sayJson(response: ServerResponse, status: number, body: object): unknown {
  return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
