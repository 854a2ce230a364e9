import { createTaskEngine, mountAgent, renderA2AError } from '@signalbox/a2a'
import { createModelProbe, openChatModel, resolveLlm } from '@signalbox/llm'
import { createHttpApp, type Service } from '@signalbox/service-kit'
import { openTelemetry, type Telemetry } from '@signalbox/telemetry'

import { PLANNER_CARD } from './a2a/planner-card.ts'
import { createPlannerExecutor } from './a2a/planner-executor.ts'
import { createModelDrafter } from './adapters/model-drafter.ts'
import type { PlannerConfig } from './config.ts'

/**
 * Puts the planner together.
 *
 * @throws ConfigError when it has no model to plan with.
 */
export async function openPlanner(config: PlannerConfig, options: { telemetry?: Telemetry; publicUrl?: string } = {}): Promise<Service> {
  const llm = resolveLlm('planner', config)
  const telemetry =
    options.telemetry ??
    openTelemetry({ service: 'planner', level: config.LOG_LEVEL, otlpEndpoint: config.OTEL_SDK_DISABLED ? undefined : config.OTEL_EXPORTER_OTLP_ENDPOINT })
  const model = openChatModel({ ...llm, telemetry })
  const probe = createModelProbe(llm)
  const executor = createPlannerExecutor({ drafter: createModelDrafter(model), telemetry, timeoutMs: config.PLANNER_TIMEOUT_MS })
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
    card: PLANNER_CARD,
    publicUrl: () => options.publicUrl ?? config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`,
    tasks,
    telemetry,
    ...(config.SERVICE_TOKEN !== undefined && { token: config.SERVICE_TOKEN }),
  })

  return {
    name: 'planner',
    app,
    telemetry,
    drain: (signal) => tasks.drain(signal),
    close: async () => {
      await tasks.close()
      await model.close()
    },
  }
}
