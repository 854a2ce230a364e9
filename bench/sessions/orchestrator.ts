import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { connectAgent, type AgentConnection } from '@signalbox/a2a'
import { openOrchestrator, orchestratorConfigSchema } from '@signalbox/orchestrator'
import { listen } from '@signalbox/service-kit'

import { telemetry } from './agents.ts'

export interface RunningOrchestrator {
  url: string
  connection: AgentConnection
  close(): Promise<void>
}

/** An orchestrator in this process, with room for everything to run at once. */
export async function startOrchestrator(environment: Record<string, string>): Promise<RunningOrchestrator> {
  const port = await freePort()
  const config = orchestratorConfigSchema.parse({ PORT: port, LOG_LEVEL: 'silent', ...ROOM, ...environment })
  const listening = await listen(await openOrchestrator(config), { host: '127.0.0.1', port, guarded: false })
  const connection = connectAgent({ url: listening.url, telemetry })
  return {
    url: listening.url,
    connection,
    async close() {
      await connection.close()
      await listening.stop(0)
    },
  }
}

/** Nothing waits for anything but what is measured. */
export const ROOM = { NODES_PER_SESSION: '64', NODES_PER_AGENT: '64', AGENT_CALLS_AT_ONCE: '1000', SESSIONS_AT_ONCE: '1000' }

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
