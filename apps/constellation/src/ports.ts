import { port as portField, readConfig, type Environment } from '@signalbox/config'
import { z } from 'zod'

import { DEFAULT_PORTS, type Ports } from './wiring.ts'

/** Where `npm start` puts each service. */
export const portsSchema = z.object({
  PORT: portField(DEFAULT_PORTS.gateway),
  ORCHESTRATOR_PORT: portField(DEFAULT_PORTS.orchestrator),
  PLANNER_PORT: portField(DEFAULT_PORTS.planner),
  REASONING_PORT: portField(DEFAULT_PORTS.reasoning),
  RAG_PORT: portField(DEFAULT_PORTS.rag),
  MOCKS_PORT: portField(DEFAULT_PORTS.mocks),
})

/** Where each service listens. `gatewayPort`, from the command line, wins over the environment. */
export function readPorts(environment: Environment, gatewayPort?: number): Ports {
  const config = readConfig('signalbox', portsSchema, environment)
  return {
    gateway: gatewayPort ?? config.PORT,
    orchestrator: config.ORCHESTRATOR_PORT,
    planner: config.PLANNER_PORT,
    reasoning: config.REASONING_PORT,
    rag: config.RAG_PORT,
    mocks: config.MOCKS_PORT,
  }
}
