import { createTaskEngine, mountAgent, renderA2AError, type Message } from '@signalbox/a2a'
import { createHttpApp, requireServiceToken, type Service } from '@signalbox/service-kit'
import type { Telemetry } from '@signalbox/telemetry'

import { createExecutions } from './a2a/executions.ts'
import { readOrders } from './a2a/mock-behaviour.ts'
import { toMockCard } from './a2a/mock-cards.ts'
import { createMockExecutor } from './a2a/mock-executor.ts'
import { createUnrulyTasks, type Unruliness } from './a2a/unruly-tasks.ts'
import type { MockAgentConfig } from './config.ts'
import { PLAIN_BEHAVIOUR, type MockBehaviour } from './core/behaviour.ts'
import { createWireLies } from './http/wire-lies.ts'
import { openMockTelemetry } from './open-telemetry.ts'

/** Opens one of the four mock agents: a real A2A agent whose content is made up. */
export async function openMockAgent(config: MockAgentConfig, options: { telemetry?: Telemetry } = {}): Promise<Service> {
  const card = toMockCard(config.MOCK_AGENT, config.MOCK_NAME)
  const telemetry = options.telemetry ?? openMockTelemetry(card.name, config)
  const executions = createExecutions()
  const behaviour = toBehaviour(config)
  const executor = createMockExecutor({ agent: config.MOCK_AGENT, name: card.name, firstSkill: card.skills[0]?.id ?? '', behaviour, executions })
  const tasks = createTaskEngine({ executor, telemetry })
  const app = createHttpApp({ telemetry, renderError: renderA2AError })
  app.get('/executions', requireServiceToken(config.SERVICE_TOKEN), (c) => c.json(executions.toJson()))
  app.use('/', createWireLies({ tellsLies: (text) => lieOf(behaviour, text) === 'wire', onLie: (key) => executions.note(key) }))
  mountAgent(app, {
    card,
    publicUrl: () => config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`,
    tasks: createUnrulyTasks(tasks, (message) => unrulinessOf(behaviour, message)),
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
    ...PLAIN_BEHAVIOUR,
    delay_ms: config.MOCK_DELAY_MS,
    fail_times: config.MOCK_FAIL_TIMES,
    fail_retryable: config.MOCK_FAIL_RETRYABLE,
    chunks: config.MOCK_CHUNKS,
    chunk_delay_ms: config.MOCK_CHUNK_DELAY_MS,
    ...config.MOCK_WORDS,
  }
}

/** A message that cannot be understood is the executor's to refuse. */
function unrulinessOf(defaults: MockBehaviour, message: Message): Unruliness {
  try {
    return readOrders(defaults, message).behaviour
  } catch {
    return PLAIN_BEHAVIOUR
  }
}

function lieOf(defaults: MockBehaviour, text: string): MockBehaviour['lie'] {
  return unrulinessOf(defaults, { messageId: '', role: 'user', parts: [{ kind: 'text', text }] }).lie
}
