import { toAppError, type AppError } from '@signalbox/errors'
import { toOpenAIError, type OpenAIErrorBody, type SignalboxExtra } from '@signalbox/openai-wire'
import type { Telemetry } from '@signalbox/telemetry'

/** An error in OpenAI's shape. What nobody foresaw is logged whole and shown to no one. */
export function renderError(error: unknown, telemetry: Telemetry, headers: Record<string, string> = {}): Response {
  const known = toKnownError(error, telemetry)
  const rendered = toOpenAIError(known)
  return new Response(JSON.stringify(toErrorBody(known)), {
    status: rendered.status,
    headers: {
      'content-type': 'application/json',
      ...headers,
      ...rendered.headers,
      // OpenAI's clients send a refused request again at once; what stands in its way is another request, or what the session is.
      ...(rendered.status === 409 && { 'x-should-retry': 'false' }),
    },
  })
}

/** OpenAI's error has a closed set of keys; what a program can use beside it stands beside it. */
export interface ErrorBody extends OpenAIErrorBody {
  /** Of a conflict over an approval: as it stands. */
  approval?: unknown
  signalbox?: SignalboxExtra
}

export function toErrorBody(error: AppError): ErrorBody {
  const { approval, signalbox } = error.details
  return {
    ...toOpenAIError(error).body,
    ...(approval !== undefined && { approval }),
    ...(signalbox !== undefined && { signalbox: signalbox as SignalboxExtra }),
  }
}

export function toKnownError(error: unknown, telemetry: Telemetry): AppError {
  const known = toAppError(error)
  if (known.code === 'internal') telemetry.log.error({ err: error }, 'unexpected failure')
  return known
}
