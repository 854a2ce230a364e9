import type { SessionEventType } from '@signalbox/contracts'
import type OpenAI from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'

/** A chunk as we send it: OpenAI's, with our one extra key and the reasoning that most clients show. */
export type SignalboxChunk = ChatCompletionChunk & {
  choices: { delta: { reasoning_content?: string } }[]
  signalbox?: { v: 1; seq?: number; type?: SessionEventType; session_id?: string; node_id?: string; agent?: string; status?: string } & Record<string, unknown>
}

export interface Answer {
  headers: Headers
  sessionId: string | null
  chunks: SignalboxChunk[]
  /** The progress lines, in order. */
  progress: string[]
  content: string
  finishReason: string | undefined
}

/** Asks one question over a stream, with the official client, and keeps all that came. */
export async function ask(
  client: OpenAI,
  question: string,
  options: { model?: string; headers?: Record<string, string>; onChunk?: (chunk: SignalboxChunk) => void } = {},
): Promise<Answer> {
  const { data: stream, response } = await client.chat.completions
    .create({ model: options.model ?? 'signalbox-auto', stream: true, messages: [{ role: 'user', content: question }] }, { headers: options.headers ?? {} })
    .withResponse()
  const chunks: SignalboxChunk[] = []
  for await (const chunk of stream) {
    chunks.push(chunk)
    options.onChunk?.(chunk)
  }
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta as SignalboxChunk['choices'][number]['delta']))
  return {
    headers: response.headers,
    sessionId: response.headers.get('x-session-id'),
    chunks,
    progress: deltas.flatMap(({ reasoning_content: line }) => (line ? [line.trimEnd()] : [])),
    content: deltas.map(({ content }) => content ?? '').join(''),
    finishReason: chunks.flatMap(({ choices }) => choices.map((choice) => choice.finish_reason)).find((reason) => reason !== null) ?? undefined,
  }
}
