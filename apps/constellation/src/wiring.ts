import type { Environment } from '@signalbox/config'

/** The services of a constellation, in the order in which they come up: each stands on those before it. */
export const SERVICE_NAMES = ['mocks', 'rag', 'reasoning', 'planner', 'orchestrator', 'gateway'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

export type Ports = Record<ServiceName, number>

export const DEFAULT_PORTS: Ports = { gateway: 8000, orchestrator: 8001, planner: 8002, reasoning: 8003, rag: 8004, mocks: 8010 }

export interface WiringFacts {
  ports: Ports
  dataFolder: string
  serviceToken: string
  devApiKey: string
  operatorKey: string
  /** The console, built. */
  consoleFolder: string
}

export interface Wiring {
  /** True where no model was configured, so that the scripted one stands in. */
  scripted: boolean
  model: string
  consoleUrl: string
  /** True where the callers' key is the one made here. */
  devKey: boolean
  environments: Record<ServiceName, Environment>
  /** The services that this constellation runs; the scripted model only where it is needed. */
  services: ServiceName[]
}

const LOOPBACK = '127.0.0.1'
const SCRIPTED_MODEL = 'scripted-large'
const SCRIPTED_CLASSIFIER = 'scripted-small'

/**
 * What each service is told, from what the operator set. Only the gateway listens where `HOST` says;
 * everything behind it stays on loopback and asks for the service token.
 */
export function wire(environment: Environment, facts: WiringFacts): Wiring {
  const scripted = !environment['OPENAI_API_KEY'] && !environment['LLM_BASE_URL']
  const url = (name: ServiceName): string => `http://${LOOPBACK}:${facts.ports[name]}`
  const model = scripted ? SCRIPTED_MODEL : (environment['LLM_MODEL'] ?? 'gpt-4o-mini')
  const llm: Environment = scripted ? { LLM_BASE_URL: `${url('mocks')}/v1`, LLM_MODEL: SCRIPTED_MODEL, LLM_API_KEY: undefined } : {}
  const shared: Environment = { ...environment, ...llm, DATA_DIR: facts.dataFolder, SERVICE_TOKEN: environment['SERVICE_TOKEN'] ?? facts.serviceToken }
  const inside = (name: ServiceName): Environment => ({ ...shared, HOST: LOOPBACK, PORT: String(facts.ports[name]) })
  const consoleUrl = environment['CONSOLE_URL'] ?? `${url('gateway')}/console`
  const devKey = !environment['SIGNALBOX_API_KEYS']

  return {
    scripted,
    model,
    consoleUrl,
    devKey,
    services: SERVICE_NAMES.filter((name) => name !== 'mocks' || scripted),
    environments: {
      mocks: inside('mocks'),
      rag: inside('rag'),
      reasoning: inside('reasoning'),
      planner: inside('planner'),
      orchestrator: {
        ...inside('orchestrator'),
        PLANNER_URL: url('planner'),
        CONSOLE_URL: consoleUrl,
        AGENT_URLS: [url('rag'), url('reasoning'), environment['AGENT_URLS']].filter(Boolean).join(','),
      },
      gateway: {
        ...shared,
        HOST: environment['HOST'] ?? LOOPBACK,
        PORT: String(facts.ports.gateway),
        ORCHESTRATOR_URL: url('orchestrator'),
        SIGNALBOX_API_KEYS: environment['SIGNALBOX_API_KEYS'] || `dev:${facts.devApiKey}`,
        SIGNALBOX_OPERATOR_KEYS: environment['SIGNALBOX_OPERATOR_KEYS'] || `local:admin:${facts.operatorKey}`,
        CONSOLE_URL: consoleUrl,
        CONSOLE_DIR: environment['CONSOLE_DIR'] ?? facts.consoleFolder,
        ...(scripted && { ROUTING_CLASSIFIER_MODEL: SCRIPTED_CLASSIFIER }),
      },
    },
  }
}
