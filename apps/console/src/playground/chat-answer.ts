import type { Citation } from '@signalbox/contracts'

import { readSse } from '../live/read-sse.ts'

/** An answer as it comes in over the chat API, and what came with it. */
export interface ChatAnswer {
  status: 'asking' | 'streaming' | 'completed' | 'cut' | 'awaiting_approval' | 'awaiting_input' | 'stopped' | 'failed'
  text: string
  /** One line for each thing that the session told, in order. */
  thinking: string
  /** The way the gateway took, and why: from the headers. */
  route: { way: string; reason: string } | undefined
  sessionId: string | undefined
  requestId: string | undefined
  /** How each node of the session stands, by what the stream has told. */
  steps: Readonly<Record<string, { agent: string; state: string }>>
  citations: readonly Citation[]
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number } | undefined
  costUsd: number | null | undefined
  error: ChatFault | undefined
  /** Milliseconds from the request to the first word, and to the end. */
  firstMs: number | undefined
  totalMs: number | undefined
}

export interface ChatFault {
  message: string
  code: string
  status: number | undefined
  requestId: string | undefined
}

export const UNASKED: ChatAnswer = {
  status: 'asking',
  text: '',
  thinking: '',
  route: undefined,
  sessionId: undefined,
  requestId: undefined,
  steps: {},
  citations: [],
  usage: undefined,
  costUsd: undefined,
  error: undefined,
  firstMs: undefined,
  totalMs: undefined,
}

/** The gateway sends a comment every 15 s. */
const SILENCE_MS = 60_000

/** Asks, and tells the answer as it grows. Never throws: what goes wrong is part of the answer. */
export async function readAnswer(
  ask: () => Promise<Response>,
  { onAnswer, signal, now = () => performance.now() }: { onAnswer: (answer: ChatAnswer) => void; signal: AbortSignal; now?: () => number },
): Promise<ChatAnswer> {
  const began = now()
  let answer = UNASKED
  const tell = (next: ChatAnswer): void => {
    answer = next.firstMs === undefined && next.text !== '' ? { ...next, firstMs: now() - began } : next
    onAnswer(answer)
  }
  try {
    const response = await ask()
    tell(withHead(answer, response))
    if (!response.ok || !response.body) tell(withFault(answer, await response.text(), response.status))
    else
      for await (const { data } of readSse(response.body, { silenceMs: SILENCE_MS })) {
        if (data === '[DONE]') break
        tell(withChunk(answer, JSON.parse(data)))
      }
    if (answer.status === 'asking' || answer.status === 'streaming') tell(fail(answer, { message: 'The stream ended before the answer did.', code: 'cut_off' }))
  } catch (error) {
    if (signal.aborted) tell({ ...answer, status: 'stopped' })
    else tell(fail(answer, { message: error instanceof Error ? error.message : 'The gateway could not be reached.', code: 'unreachable' }))
  }
  tell({ ...answer, totalMs: now() - began })
  return answer
}

function withHead(answer: ChatAnswer, { headers, ok }: Response): ChatAnswer {
  const way = headers.get('x-signalbox-route')
  return {
    ...answer,
    status: ok ? 'streaming' : answer.status,
    route: way === null ? undefined : { way, reason: headers.get('x-signalbox-route-reason') ?? '' },
    sessionId: headers.get('x-session-id') ?? undefined,
    requestId: headers.get('x-request-id') ?? undefined,
  }
}

function withFault(answer: ChatAnswer, body: string, status: number): ChatAnswer {
  const error = faultIn(parse(body))
  return fail(answer, { message: error?.message ?? `The gateway answered ${status}.`, code: error?.code ?? 'unknown', status })
}

/** One chunk of the stream: an OpenAI chunk, with what we add under one more key. */
export function withChunk(answer: ChatAnswer, chunk: unknown): ChatAnswer {
  if (!isRecord(chunk)) return answer
  const error = faultIn(chunk)
  if (error) return fail(answer, error)
  const [choice] = Array.isArray(chunk['choices']) ? (chunk['choices'] as unknown[]) : []
  const delta = isRecord(choice) && isRecord(choice['delta']) ? choice['delta'] : {}
  const content = typeof delta['content'] === 'string' ? delta['content'] : ''
  const thought = typeof delta['reasoning_content'] === 'string' ? delta['reasoning_content'] : ''
  const finish = isRecord(choice) && typeof choice['finish_reason'] === 'string' ? choice['finish_reason'] : undefined
  const grown = { ...answer, text: answer.text + content, thinking: answer.thinking + thought }
  const told = withExtra(grown, chunk['signalbox'])
  const usage = isUsage(chunk['usage']) ? chunk['usage'] : told.usage
  return { ...told, usage, status: finish === undefined ? told.status : toStatus(told, finish) }
}

function withExtra(answer: ChatAnswer, extra: unknown): ChatAnswer {
  if (!isRecord(extra)) return answer
  const node = extra['node_id']
  const state = extra['state']
  const told = { ...answer }
  if (typeof extra['session_id'] === 'string') told.sessionId = extra['session_id']
  if (typeof node === 'string' && typeof state === 'string')
    told.steps = { ...answer.steps, [node]: { agent: typeof extra['agent'] === 'string' ? extra['agent'] : (answer.steps[node]?.agent ?? ''), state } }
  if (extra['type'] === 'approval.requested' && typeof node === 'string')
    told.steps = { ...told.steps, [node]: { agent: told.steps[node]?.agent ?? '', state: 'waiting' } }
  if (Array.isArray(extra['citations'])) told.citations = (extra['citations'] as unknown[]).filter(isCitation)
  if (typeof extra['cost_usd'] === 'number' || extra['cost_usd'] === null) told.costUsd = extra['cost_usd']
  if (extra['status'] === 'awaiting_approval' || extra['status'] === 'awaiting_input') told.status = extra['status']
  return told
}

function toStatus({ status }: ChatAnswer, finish: string): ChatAnswer['status'] {
  if (status === 'awaiting_approval' || status === 'awaiting_input') return status
  return finish === 'length' ? 'cut' : 'completed'
}

function fail(answer: ChatAnswer, fault: { message: string; code: string; status?: number }): ChatAnswer {
  return { ...answer, status: 'failed', error: { status: undefined, ...fault, requestId: answer.requestId } }
}

function faultIn(value: unknown): { message: string; code: string } | undefined {
  if (!isRecord(value) || !isRecord(value['error'])) return undefined
  const { message, code, type } = value['error']
  return {
    message: typeof message === 'string' ? message : 'Something went wrong.',
    code: typeof code === 'string' ? code : typeof type === 'string' ? type : 'unknown',
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isUsage(value: unknown): value is NonNullable<ChatAnswer['usage']> {
  return (
    isRecord(value) && typeof value['prompt_tokens'] === 'number' && typeof value['completion_tokens'] === 'number' && typeof value['total_tokens'] === 'number'
  )
}

function isCitation(value: unknown): value is Citation {
  return (
    isRecord(value) &&
    typeof value['n'] === 'number' &&
    typeof value['source'] === 'string' &&
    typeof value['start'] === 'number' &&
    typeof value['end'] === 'number'
  )
}
