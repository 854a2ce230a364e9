import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

import { getRequestListener } from '@hono/node-server'
import { createTaskEngine, findData, mountAgent, renderA2AError, textOf, type AgentExecutor, type Caller, type Json, type TaskService } from '@signalbox/a2a'
import type { Plan } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import { openTelemetry } from '@signalbox/telemetry'
import { Hono, type Context } from 'hono'

import { planOf, workIn } from './plans.ts'

/** How well an agent knows what it was asked before: it `keeps` tasks and keys, `repeats` what comes under a known key, or `forgets` its tasks as well. */
export type Memory = 'keeps' | 'repeats' | 'forgets'

/** One time that an agent did a piece of work, as the agent saw it. */
export interface Execution {
  agent: string
  session: string
  node: string
  /** The message's id. */
  key: string
  idempotencyKey: string | undefined
  /** All that it was told, the results it rests on included. */
  told: string
  /** Its result: different for every execution. */
  made: string
}

/** An agent in the test's own process: it lives on while orchestrators die. */
export interface Agent {
  readonly name: string
  readonly url: string
  /** Closes its port, and every connection. */
  goDown(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

export const telemetry = openTelemetry({ service: 'chaos', level: 'silent' })

/** A worker takes as long as its instruction says, and notes what it did. */
export function startWorker(name: string, executions: Execution[], memory: Memory = 'keeps'): Promise<Agent> {
  return startAgent(
    name,
    async ({ message, caller, signal }, writer) => {
      const told = textOf(message.parts)
      const [session = '', node = ''] = message.messageId.split('/')
      const made = `${node}#${executions.length};`
      executions.push({ agent: name, session, node, key: message.messageId, idempotencyKey: caller.idempotencyKey?.split('#')[0], told, made })
      const { pauseMs, words, lines, says } = workIn(told)
      for (let line = 1; line < lines; line += 1) writer.text(`item ${line}\n`)
      for (let word = 1; word < words; word += 1) {
        await pause(pauseMs / words, undefined, { signal })
        writer.text('. ')
      }
      await pause(pauseMs / words, undefined, { signal })
      writer.text(says === '' ? made : `${says} ${made}`)
    },
    { memory },
  )
}

/** A planner that draws what a goal's words ask for, or what was laid down for the goal. */
export function startPlanner(laidDown: ReadonlyMap<string, Plan>): Promise<Agent> {
  return startAgent(
    'planner',
    async ({ message }, writer) => {
      const goal = findData(message.parts, (data) => (data as { goal?: string }).goal) ?? ''
      const plan = (laidDown.get(goal) ?? planOf(goal)) as unknown as Json
      writer.artifact({ parts: [{ kind: 'data', data: { kind: 'plan', plan, repairs: 0 } }] })
    },
    { skill: 'plan' },
  )
}

/** Serves an agent that does `execute`; or that answers with what comes `instead`, behind a card that is right. */
export async function startAgent(
  name: string,
  execute: AgentExecutor['execute'],
  { skill = 'work', memory = 'keeps', instead }: { skill?: string; memory?: Memory; instead?: (c: Context) => Promise<Response> } = {},
): Promise<Agent> {
  const engine = createTaskEngine({ executor: { execute }, telemetry, maxLiveTasks: 10_000, maxEndedTasks: 10_000 })
  const app = new Hono({ strict: false }).onError(renderA2AError)
  const skills = [{ id: skill, name: skill, description: `Does ${skill}`, tags: [] }]
  const agent = await serve(name, getRequestListener(app.fetch, { overrideGlobalObjects: false }))
  if (instead) app.post('/', instead)
  mountAgent(app, {
    card: { name, description: `The agent ${name}`, version: '1', skills, extensions: [], streaming: true },
    publicUrl: () => agent.url,
    tasks: withMemory(engine, memory),
    telemetry,
  })
  return {
    ...agent,
    async close() {
      await engine.close()
      await agent.close()
    },
  }
}

/** Serves HTTP on a port that stays the agent's own, up or down. */
export async function serve(name: string, listener: Parameters<typeof createServer>[1] & object): Promise<Agent> {
  let server: Server | undefined
  let port = 0
  async function comeBack(): Promise<void> {
    server = createServer(listener).listen(port, '127.0.0.1')
    await once(server, 'listening')
    ;({ port } = server.address() as AddressInfo)
  }
  async function goDown(): Promise<void> {
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    server = undefined
    await closed
  }
  await comeBack()
  return { name, url: `http://127.0.0.1:${port}`, goDown, comeBack, close: goDown }
}

function withMemory(engine: TaskService, memory: Memory): TaskService {
  if (memory === 'keeps') return engine
  let calls = 0
  /** A key that the engine has not seen, in which the caller's own can be read. */
  const anew = (caller: Caller): Caller => ({
    ...caller,
    ...(caller.idempotencyKey !== undefined && { idempotencyKey: `${caller.idempotencyKey}#${(calls += 1)}` }),
  })
  const forgotten = (id: string): never => {
    throw new AppError('not_found', `There is no task ${id}.`)
  }
  const repeating: TaskService = {
    ...engine,
    send: (request, caller, signal) => engine.send(request, anew(caller), signal),
    stream: (request, caller, signal) => engine.stream(request, anew(caller), signal),
  }
  if (memory === 'repeats') return repeating
  return {
    ...repeating,
    get: async (id) => forgotten(id),
    async *subscribe(id) {
      forgotten(id)
    },
  }
}
