import { ConfigError, readConfig } from '@signalbox/config'
import { listen, stopSignal, type Listening, type ListenOptions, type Service } from '@signalbox/service-kit'

import { mockAgentConfigSchema, mocksConfigSchema, type MockAgentConfig, type MocksConfig } from './config.ts'
import { MOCK_AGENTS } from './core/mock-content.ts'
import { openMockAgent } from './mock-agent-app.ts'
import { openScriptedLlm } from './scripted-llm-app.ts'

interface Opened {
  service: Service
  options: ListenOptions
}

/** The scripted LLM and, unless told otherwise, the four mock agents, in one process, each on its own port; or one mock agent alone. */
async function run(): Promise<void> {
  const config = readConfig('mocks', mocksConfigSchema, process.env)
  requireKeyBeyondLoopback(config)
  const listening: Listening[] = []
  try {
    for (const { service, options } of await openAll(config)) {
      const open = await listen(service, options)
      listening.push(open)
      service.telemetry.log.info({ url: open.url }, `${open.name} is ready`)
    }
    await stopSignal()
    void stopSignal().then(() => listening.forEach((open) => open.now()))
  } finally {
    await Promise.all(listening.map((open) => open.stop()))
  }
}

/** The scripted LLM has a key of its own, as a real one would; its port is refused without one like any other's without a token. */
function requireKeyBeyondLoopback(config: MocksConfig): void {
  if (config.MOCK_AGENT !== undefined || config.SCRIPTED_LLM_API_KEY !== undefined || /^(?:localhost|::1|127\.)/.test(config.HOST)) return
  throw new ConfigError('mocks', [`SCRIPTED_LLM_API_KEY is not set, so the scripted LLM listens on loopback only, not on ${config.HOST}`])
}

async function openAll(config: MocksConfig): Promise<Opened[]> {
  if (config.MOCK_AGENT !== undefined) return [await openAgent(readConfig('mocks', mockAgentConfigSchema, process.env))]
  const llm = {
    service: await openScriptedLlm(config),
    options: {
      host: config.HOST,
      port: config.PORT,
      guarded: config.SCRIPTED_LLM_API_KEY !== undefined,
    },
  }
  if (!config.MOCK_AGENTS) return [llm]
  const agents = await Promise.all(MOCK_AGENTS.map((_, index) => openAgent(toAgentConfig(config, index))))
  return [llm, ...agents]
}

async function openAgent(config: MockAgentConfig): Promise<Opened> {
  return { service: await openMockAgent(config), options: { host: config.HOST, port: config.PORT, guarded: config.SERVICE_TOKEN !== undefined } }
}

function toAgentConfig(config: MocksConfig, index: number): MockAgentConfig {
  const port = config.MOCK_AGENTS_PORT + index
  return {
    ...config,
    PORT: port,
    MOCK_AGENT: MOCK_AGENTS[index] ?? 'reasoning',
    MOCK_NAME: undefined,
    PUBLIC_URL: config.MOCK_AGENTS_PUBLIC_URL === undefined ? undefined : `${config.MOCK_AGENTS_PUBLIC_URL.replace(/\/+$/, '')}:${port}`,
  }
}

try {
  await run()
} catch (error) {
  process.exitCode = 1
  if (!(error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
}
