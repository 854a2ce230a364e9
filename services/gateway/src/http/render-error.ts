import { toAppError, type AppError } from '@signalbox/errors'
import { toOpenAIError } from '@signalbox/openai-wire'
import type { Telemetry } from '@signalbox/telemetry'

/** An error in OpenAI's shape. What nobody foresaw is logged whole and shown to no one. */
export function renderError(error: unknown, telemetry: Telemetry, headers: Record<string, string> = {}): Response {
  const known = toKnownError(error, telemetry)
  const rendered = toOpenAIError(known)
  return new Response(JSON.stringify(rendered.body), {
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

export function toKnownError(error: unknown, telemetry: Telemetry): AppError {
  const known = toAppError(error)
  if (known.code === 'internal') telemetry.log.error({ err: error }, 'unexpected failure')
  return known
}
