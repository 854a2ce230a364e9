import type { MiddlewareHandler } from 'hono'

import type { GatewayEnv } from './gateway-env.ts'

/** The version of OpenAI's API whose words we speak, as OpenAI itself answers it. */
export const OPENAI_VERSION = '2020-10-01'

/**
 * What OpenAI's clients and their logs read from every answer, errors included: which version it is in, and how long
 * it took. Stands before the key check. What is written past Hono says it by itself, with `openAnswerHeaders`.
 */
export function sayOpenAIHeaders(): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const startedAt = performance.now()
    c.set('startedAt', startedAt)
    await next()
    if (c.env.outgoing.headersSent) return
    c.header('openai-version', OPENAI_VERSION)
    c.header('openai-processing-ms', toProcessingMs(startedAt))
  }
}

/** As much of a request's context as is looked at. */
interface Known {
  get<Name extends 'requestId' | 'startedAt'>(name: Name): GatewayEnv['Variables'][Name]
}

/** The headers of an answer that is still to be made. How long it took is read when they are: of a stream, until its first byte. */
export function openAnswerHeaders(c: Known): Record<string, string> {
  const startedAt = c.get('startedAt') ?? performance.now()
  return {
    'x-request-id': c.get('requestId'),
    'openai-version': OPENAI_VERSION,
    get 'openai-processing-ms'() {
      return toProcessingMs(startedAt)
    },
  }
}

function toProcessingMs(startedAt: number): string {
  return String(Math.round(performance.now() - startedAt))
}
