import { AppError } from '@signalbox/errors'
import type { OpenAIErrorBody } from '@signalbox/openai-wire'

/** What an upstream's status and content type promise, held against what was asked for. */
export type ReplyVerdict =
  /** Its bytes go through. */
  | { type: 'stream' }
  | { type: 'whole' }
  /** It failed, and not in OpenAI's words: the status stands, the words are ours. */
  | { type: 'reworded'; body: OpenAIErrorBody }
  /** It cannot be passed on. */
  | { type: 'refused'; error: AppError }

const STREAM: ReplyVerdict = { type: 'stream' }
const WHOLE: ReplyVerdict = { type: 'whole' }

export function judgeReply(reply: { status: number; contentType: string | undefined }, asked: { stream: boolean; host: string }): ReplyVerdict {
  const kind = toKind(reply.contentType)
  const isJson = kind === 'application/json' || kind.endsWith('+json')
  if (reply.status === 200 && (asked.stream ? kind === 'text/event-stream' : isJson)) return asked.stream ? STREAM : WHOLE
  if (reply.status === 401) {
    // Ours was refused, not the caller's; and what providers say then repeats parts of the key.
    return refuse('upstream_failed', `The model endpoint ${asked.host} refused the gateway's own API key: check LLM_API_KEY.`, false)
  }
  if (reply.status >= 400) return isJson ? WHOLE : { type: 'reworded', body: reword(reply.status, asked.host) }
  if (reply.status !== 200) return refuse('upstream_invalid', `The model endpoint ${asked.host} answered with status ${reply.status}.`)
  return refuse(
    'upstream_invalid',
    `The model endpoint ${asked.host} answered with ${describe(kind)} instead of ${asked.stream ? 'a stream of events' : 'JSON'}.`,
  )
}

function toKind(contentType = ''): string {
  if (contentType === 'application/json' || contentType === 'text/event-stream') return contentType
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
}

function refuse(code: 'upstream_failed' | 'upstream_invalid', message: string, retryable?: boolean): ReplyVerdict {
  return { type: 'refused', error: new AppError(code, message, retryable === undefined ? {} : { retryable }) }
}

function reword(status: number, host: string): OpenAIErrorBody {
  const type = status === 429 ? 'rate_limit_error' : status >= 500 ? 'server_error' : 'invalid_request_error'
  return {
    error: { message: `The model endpoint ${host} answered with status ${status} and no error that can be read.`, type, param: null, code: 'upstream_error' },
  }
}

function describe(kind: string): string {
  return /^[\w.+-]+\/[\w.+-]+$/.test(kind) && kind.length < 100 ? kind : 'something unknown'
}
