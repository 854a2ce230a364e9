import { createTaskEngine, mountAgent, renderA2AError } from '@signalbox/a2a'
import { createModelProbe, openChatModel, resolveLlm } from '@signalbox/llm'
import { createHttpApp, type Service } from '@signalbox/service-kit'
import { openTelemetry, type Telemetry } from '@signalbox/telemetry'

import { REASONING_CARD } from './a2a/reasoning-card.ts'
import { createReasoningExecutor } from './a2a/reasoning-executor.ts'
import type { ReasoningConfig } from './config.ts'

/**
 * Puts the reasoning agent together.
 *
 * @throws ConfigError when it has no model to think with.
 */
export async function openReasoning(config: ReasoningConfig, options: { telemetry?: Telemetry; publicUrl?: string } = {}): Promise<Service> {
  const llm = resolveLlm('reasoning', config)
  const telemetry =
    options.telemetry ??
    openTelemetry({ service: 'reasoning', level: config.LOG_LEVEL, otlpEndpoint: config.OTEL_SDK_DISABLED ? undefined : config.OTEL_EXPORTER_OTLP_ENDPOINT })
  const model = openChatModel({ ...llm, telemetry })
  const probe = createModelProbe(llm)
  const executor = createReasoningExecutor({
    model: { stream: (messages, signal) => model.stream({ messages }, { signal }) },
    telemetry,
    maxPromptChars: config.MAX_PROMPT_CHARS,
  })
  const tasks = createTaskEngine({ executor, telemetry })

  const app = createHttpApp({
    telemetry,
    renderError: renderA2AError,
    health: async () => {
      const health = await probe()
      return { ready: health === 'ok', checks: { model: health } }
    },
  })
  mountAgent(app, {
    card: REASONING_CARD,
    publicUrl: () => options.publicUrl ?? config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`,
    tasks,
    telemetry,
    ...(config.SERVICE_TOKEN !== undefined && { token: config.SERVICE_TOKEN }),
  })

  return {
    name: 'reasoning',
    app,
    telemetry,
    drain: (signal) => tasks.drain(signal),
    close: async () => {
      await tasks.close()
      await model.close()
    },
  }
}
