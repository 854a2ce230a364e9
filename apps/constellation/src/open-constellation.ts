import { fileURLToPath } from 'node:url'

import { ConfigError, readConfig, type Environment } from '@signalbox/config'
import { gatewayConfigSchema, openGateway } from '@signalbox/gateway'
import { openScriptedLlm, scriptedLlmConfigSchema } from '@signalbox/mocks'
import { openOrchestrator, orchestratorConfigSchema } from '@signalbox/orchestrator'
import { openPlanner, plannerConfigSchema } from '@signalbox/planner'
import { openRag, ragConfigSchema } from '@signalbox/rag'
import { openReasoning, reasoningConfigSchema } from '@signalbox/reasoning'
import { listen, type Listening, type Service } from '@signalbox/service-kit'
import { openTelemetry, type Telemetry, type TelemetryOptions } from '@signalbox/telemetry'

import type { DataFolder } from './data-folder.ts'
import { requireFreePorts } from './require-free-ports.ts'
import { SERVICE_NAMES, wire, type Ports, type ServiceName, type Wiring } from './wiring.ts'

export interface ConstellationOptions {
  environment: Environment
  dataFolder: DataFolder
  ports: Ports
  /** How each service is seen: where its log goes, which processors its spans meet. */
  telemetry?: Omit<TelemetryOptions, 'service'>
  onProgress?: (text: string) => void
}

export interface Constellation {
  wiring: Wiring
  urls: Record<ServiceName, string>
  /** The callers' first key. */
  apiKey: string
  serviceToken: string
  /** The console's first password, where it was made now: it is shown once, and kept nowhere. */
  consolePassword: string | undefined
  /** Drains and stops every service, the gateway first. `now()` cuts the drain short. */
  stop(graceMs?: number): Promise<void>
  now(): void
}

/** Where the console's build is; without it the gateway says how to make it. */
const CONSOLE_FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url))

interface Opened {
  open: (telemetry: Telemetry) => Promise<Service>
  host: string
  port: number
}

/** How a service's environment becomes the service, for each of them. Reading the configuration opens nothing. */
const READERS: Record<ServiceName, (environment: Environment) => Opened> = {
  mocks: (environment) => opened(readConfig('mocks', scriptedLlmConfigSchema, environment), openScriptedLlm),
  rag: (environment) => opened(readConfig('rag', ragConfigSchema, environment), openRag),
  reasoning: (environment) => opened(readConfig('reasoning', reasoningConfigSchema, environment), openReasoning),
  planner: (environment) => opened(readConfig('planner', plannerConfigSchema, environment), openPlanner),
  orchestrator: (environment) => opened(readConfig('orchestrator', orchestratorConfigSchema, environment), openOrchestrator),
  gateway: (environment) => opened(readConfig('gateway', gatewayConfigSchema, environment), openGateway),
}

function opened<Config extends { HOST: string; PORT: number }>(
  config: Config,
  open: (config: Config, options: { telemetry: Telemetry }) => Promise<Service>,
): Opened {
  return { host: config.HOST, port: config.PORT, open: (telemetry) => open(config, { telemetry }) }
}

/**
 * Brings up every service in this process, each on its own port, each knowing the others by URL
 * alone. Every fault of every configuration is named before the first port opens.
 *
 * @throws ConfigError for wrong configuration and for ports that are taken.
 */
export async function openConstellation(options: ConstellationOptions): Promise<Constellation> {
  const { dataFolder, ports, environment } = options
  const { path, serviceToken, devApiKey, operatorKey } = dataFolder
  const wiring = wire(environment, { ports, dataFolder: path, serviceToken, devApiKey, operatorKey, consoleFolder: CONSOLE_FOLDER })
  const services = readAll(wiring)
  await requireFreePorts(services.map(([name, { host, port }]) => ({ name, host, port })))
  const running: Listening[] = []
  let consolePassword: string | undefined
  const stop = async (graceMs?: number): Promise<void> => {
    // The gateway first, so that no new work comes; then what it stands on.
    for (const service of running.toReversed()) await service.stop(graceMs)
  }
  try {
    for (const [name, service] of services) {
      options.onProgress?.(`Starting ${name} on port ${service.port}…`)
      const telemetry = openTelemetry({ ...options.telemetry, service: name })
      const opening = await service.open(telemetry)
      if ('consolePassword' in opening && typeof opening.consolePassword === 'string') consolePassword = opening.consolePassword
      running.push(await listen(opening, { host: service.host, port: service.port, guarded: true }))
    }
  } catch (error) {
    await stop(0)
    throw error
  }
  return {
    wiring,
    urls: Object.fromEntries(SERVICE_NAMES.map((name) => [name, `http://127.0.0.1:${ports[name]}`])) as Record<ServiceName, string>,
    apiKey: wiring.devKey ? dataFolder.devApiKey : firstKey(wiring.environments.gateway['SIGNALBOX_API_KEYS'] ?? ''),
    consolePassword,
    serviceToken: wiring.environments.rag['SERVICE_TOKEN'] as string,
    stop,
    now: () => running.forEach((service) => service.now()),
  }
}

function readAll(wiring: Wiring): [ServiceName, Opened][] {
  const faults = new Set<string>()
  const services = wiring.services.flatMap((name): [ServiceName, Opened][] => {
    try {
      return [[name, READERS[name](wiring.environments[name])]]
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      for (const fault of error.faults) faults.add(fault)
      return []
    }
  })
  if (faults.size > 0) throw new ConfigError('signalbox', [...faults])
  return services
}

/** `name:key,other:key` → the first key. */
function firstKey(keys: string): string {
  const first = keys.split(/[\s,]+/)[0] ?? ''
  return first.slice(first.indexOf(':') + 1)
}
