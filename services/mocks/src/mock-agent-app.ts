import { createTaskEngine, mountAgent, renderA2AError } from '@signalbox/a2a'
import { createHttpApp, requireServiceToken, type Service } from '@signalbox/service-kit'
import type { Telemetry } from '@signalbox/telemetry'

import { createExecutions } from './a2a/executions.ts'
import type { MockBehaviour } from './a2a/mock-behaviour.ts'
import { toMockCard } from './a2a/mock-cards.ts'
import { createMockExecutor } from './a2a/mock-executor.ts'
import type { MockAgentConfig } from './config.ts'
import { openMockTelemetry } from './open-telemetry.ts'

/** Opens one of the four mock agents: a real A2A agent whose content is made up. */
export async function openMockAgent(config: MockAgentConfig, options: { telemetry?: Telemetry } = {}): Promise<Service> {
  const card = toMockCard(config.MOCK_AGENT)
  const telemetry = options.telemetry ?? openMockTelemetry(card.name, config)
  const executions = createExecutions()
  const executor = createMockExecutor({
    agent: config.MOCK_AGENT,
    firstSkill: card.skills[0]?.id ?? '',
    behaviour: toBehaviour(config),
    executions,
  })
  const tasks = createTaskEngine({ executor, telemetry })
  const app = createHttpApp({ telemetry, renderError: renderA2AError })
  app.get('/executions', requireServiceToken(config.SERVICE_TOKEN), (c) => c.json(executions.toJson()))
  mountAgent(app, {
    card,
    publicUrl: () => config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`,
    tasks,
    telemetry,
    ...(config.SERVICE_TOKEN !== undefined && { token: config.SERVICE_TOKEN }),
  })
  return {
    name: card.name,
    app,
    telemetry,
    drain: (signal) => tasks.drain(signal),
    close: () => tasks.close(),
  }
}

function toBehaviour(config: MockAgentConfig): MockBehaviour {
  return {
    delay_ms: config.MOCK_DELAY_MS,
    fail_times: config.MOCK_FAIL_TIMES,
    fail_retryable: config.MOCK_FAIL_RETRYABLE,
    chunks: config.MOCK_CHUNKS,
    chunk_delay_ms: config.MOCK_CHUNK_DELAY_MS,
    hang: false,
    garbage: false,
  }
}
