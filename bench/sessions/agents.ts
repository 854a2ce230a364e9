import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

import { getRequestListener } from '@hono/node-server'
import { createTaskEngine, findData, mountAgent, renderA2AError, type AgentExecutor, type Json } from '@signalbox/a2a'
import type { Plan } from '@signalbox/contracts'
import { openTelemetry } from '@signalbox/telemetry'
import { Hono } from 'hono'

export interface ServedAgent {
  url: string
  close(): Promise<void>
}

export const telemetry = openTelemetry({ service: 'bench', level: 'silent' })

/** An agent that answers at once: what a session over it costs is what coordination costs. */
export function startInstantAgent(): Promise<ServedAgent> {
  return serve('instant', { execute: async (_turn, writer) => writer.artifact({ parts: [{ kind: 'text', text: 'done' }] }) }, 'answer')
}

/** An agent that takes its time, and works on any number of things meanwhile. */
export function startSlowAgent(ms: number): Promise<ServedAgent> {
  return serve(
    'slow',
    {
      async execute({ signal }, writer) {
        await pause(ms, undefined, { signal })
        writer.artifact({ parts: [{ kind: 'text', text: 'done' }] })
      },
    },
    'answer',
  )
}

/** An agent that works until it is canceled, one task after the other. */
export async function startWaitingAgent(): Promise<ServedAgent & { begun(): Promise<void>; canceled(): Promise<void> }> {
  let begun = Promise.withResolvers<void>()
  let canceled = Promise.withResolvers<void>()
  const agent = await serve(
    'waiting',
    {
      async execute({ signal }) {
        begun.resolve()
        await once(signal, 'abort')
        canceled.resolve()
        begun = Promise.withResolvers()
        canceled = Promise.withResolvers()
      },
    },
    'answer',
  )
  return { ...agent, begun: () => begun.promise, canceled: () => canceled.promise }
}

/** An agent that answers with a list of so many items: as many as its instruction says. */
export function startListingAgent(): Promise<ServedAgent> {
  return serve(
    'lister',
    {
      async execute({ message }, writer) {
        const count = Number(/\d+/.exec(JSON.stringify(message.parts))?.[0])
        writer.artifact({ parts: [{ kind: 'data', data: Array.from({ length: count }, (_, index) => `item ${index}`) }] })
      },
    },
    'answer',
  )
}

/** A planner that has a plan for each goal. */
export function startPlanner(plans: ReadonlyMap<string, Plan>): Promise<ServedAgent> {
  return serve(
    'planner',
    {
      async execute({ message }, writer) {
        const goal = findData(message.parts, (data) => (data as { goal?: string }).goal) ?? ''
        writer.artifact({ parts: [{ kind: 'data', data: { kind: 'plan', plan: plans.get(goal) as unknown as Json, repairs: 0 } }] })
      },
    },
    'plan',
  )
}

async function serve(name: string, executor: AgentExecutor, skill: string): Promise<ServedAgent> {
  const engine = createTaskEngine({ executor, telemetry, maxLiveTasks: 10_000 })
  const app = new Hono({ strict: false }).onError(renderA2AError)
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  mountAgent(app, {
    card: { name, description: name, version: '1', skills: [{ id: skill, name: skill, description: skill, tags: [] }], extensions: [], streaming: true },
    publicUrl: () => url,
    tasks: engine,
    telemetry,
  })
  return {
    url,
    close: async () => {
      await engine.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
