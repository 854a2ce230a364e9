import { AppError, toAppError } from '@signalbox/errors'
import { toOpenAIError } from '@signalbox/openai-wire'
import { createHttpApp, type Service } from '@signalbox/service-kit'
import type { Telemetry } from '@signalbox/telemetry'
import { bodyLimit } from 'hono/body-limit'

import type { ScriptedLlmConfig } from './config.ts'
import { createFaultDealer } from './http/fault-plan.ts'
import { mountLlmRoutes } from './http/llm-routes.ts'
import { requireKey } from './http/require-key.ts'
import { openMockTelemetry } from './open-telemetry.ts'

const MAX_BODY_BYTES = 16 * 1_024 * 1_024

/** Opens the scripted model: a deterministic, honest stand-in for one, on OpenAI's wire. */
export async function openScriptedLlm(config: ScriptedLlmConfig, options: { telemetry?: Telemetry } = {}): Promise<Service> {
  const name = 'scripted-llm'
  const telemetry = options.telemetry ?? openMockTelemetry(name, config)
  const stopping = new AbortController()
  const app = createHttpApp({ telemetry, renderError: (error) => renderError(error, telemetry) })
  app.use('/v1/*', requireKey(config.SCRIPTED_LLM_API_KEY))
  app.use(
    '/v1/*',
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: () => renderError(new AppError('payload_too_large', 'The request body is larger than 16 MiB.'), telemetry),
    }),
  )
  mountLlmRoutes(app, {
    telemetry,
    delayMs: config.SCRIPTED_LLM_DELAY_MS,
    dealFault: createFaultDealer(config.SCRIPTED_LLM_FAULTS),
    stopping: stopping.signal,
  })
  return {
    name,
    app,
    telemetry,
    // Nothing here is worth waiting for: what hangs on purpose would hang for ever.
    drain: async () => stopping.abort(new AppError('unavailable', 'The scripted model is stopping.')),
    close: async () => stopping.abort(),
  }
}

function renderError(error: unknown, telemetry: Telemetry): Response {
  const known = toAppError(error)
  if (known.code === 'internal') telemetry.log.error({ err: error }, 'unexpected failure')
  const { status, body, headers } = toOpenAIError(known)
  return Response.json(body, { status, headers })
}
