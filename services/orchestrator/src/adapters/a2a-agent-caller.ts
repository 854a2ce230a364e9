import {
  dataOf,
  textOf,
  TERMINAL_STATES,
  type Artifact,
  type CallOptions,
  type Json,
  type Part,
  type StreamEvent,
  type Task,
  type TaskStatus,
} from '@signalbox/a2a'
import { EXTENSIONS, usageSchema, type NodeContext, type NodeOutput, type Usage } from '@signalbox/contracts'
import { AppError, isErrorCode, toAppError } from '@signalbox/errors'
import { activeLogFields, type Telemetry } from '@signalbox/telemetry'
import { z } from 'zod'

import type { AgentCaller, NodeCall, NodeSignal } from '../core/ports.ts'
import type { AgentRegistry } from './agent-registry.ts'

const MAX_TEXT = 1_000_000
const MAX_DATA_PARTS = 256
const CANCEL_TIMEOUT_MS = 5_000

const failureSchema = z.looseObject({ code: z.string(), retryable: z.boolean().default(false) })

/** Calls nodes' agents over A2A, and hears what comes back as the core's own signals. */
export function createA2AAgentCaller(options: { registry: AgentRegistry; telemetry: Telemetry }): AgentCaller {
  const { registry, telemetry } = options
  return {
    async *call(call, signal) {
      const agent = registry.find(call.agent)
      const callOptions = optionsFor(call, signal)
      const taskId = call.taskId
      const events =
        taskId !== undefined && (await knows(agent.connection, taskId, callOptions))
          ? takeUp(agent.connection, taskId, callOptions)
          : agent.connection.stream(
              { messageId: call.key, parts: toParts(call, agent.card?.extensions ?? []), ...(call.node.skill && { metadata: { skill: call.node.skill } }) },
              callOptions,
            )
      yield* hear(events, (id) => agent.connection.cancelTask(id, { signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) }))
    },
    async cancel(id, taskId) {
      try {
        await registry.find(id).connection.cancelTask(taskId, { signal: AbortSignal.timeout(CANCEL_TIMEOUT_MS) })
      } catch (error) {
        telemetry.log.debug({ agent: id, reason: toAppError(error).code }, 'an agent did not take a cancel')
      }
    },
  }
}

function optionsFor(call: NodeCall, signal: AbortSignal): CallOptions {
  const requestId = activeLogFields().request_id
  return { signal, idempotencyKey: call.key, ...(requestId !== undefined && { requestId }) }
}

type Connection = ReturnType<AgentRegistry['find']>['connection']

async function knows(connection: Connection, taskId: string, call: CallOptions): Promise<boolean> {
  try {
    await connection.getTask(taskId, call)
    return true
  } catch (error) {
    if (toAppError(error).code === 'not_found') return false
    throw error
  }
}

/** Follows a task that an earlier life began; one that has ended meanwhile is read whole. */
async function* takeUp(connection: Connection, taskId: string, call: CallOptions): AsyncGenerator<StreamEvent> {
  const task = await connection.getTask(taskId, call)
  if (TERMINAL_STATES.has(task.status.state)) yield { type: 'task', task }
  else yield* connection.subscribe(taskId, call)
}

/** The instruction, and the results it rests on: as data for agents that declare so, as text for all others. */
function toParts(call: NodeCall, extensions: readonly string[]): Part[] {
  if (extensions.includes(EXTENSIONS.inputs)) {
    const context: NodeContext = {
      kind: 'node-context',
      goal: call.goal,
      conversation: call.conversation,
      ...(call.node.skill !== undefined && { skill: call.node.skill }),
    }
    return [
      { kind: 'text', text: call.node.instruction },
      { kind: 'data', data: context as unknown as Json },
      ...call.inputs.map((input): Part => ({ kind: 'data', data: input as unknown as Json })),
    ]
  }
  const results = call.inputs.map(({ name, agent, text, data }) => `## ${name} (${agent})\n${text || JSON.stringify(data)}`)
  const text = results.length === 0 ? call.node.instruction : `${call.node.instruction}\n\nResults so far:\n\n${results.join('\n\n')}`
  return [{ kind: 'text', text }]
}

/** What is heard, with the end last. The stream is read out even so: leaving it early would cost its connection. */
async function* hear(events: AsyncIterable<StreamEvent>, cancel: (taskId: string) => Promise<unknown>): AsyncGenerator<NodeSignal> {
  const artifacts = new Map<string, Artifact>()
  let spoken = 0
  let end: NodeSignal | undefined
  for await (const event of events) {
    if (event.type === 'message') {
      yield { type: 'delta', text: textOf(event.message.parts) }
      return yield { type: 'end', output: checked({ text: textOf(event.message.parts), data: dataOf(event.message.parts) }), usage: undefined }
    }
    if (event.type === 'task') {
      yield { type: 'task', taskId: event.task.id }
      for (const artifact of event.task.artifacts) {
        artifacts.set(artifact.artifactId, { ...artifact, parts: [...artifact.parts] })
        yield { type: 'delta', text: textOf(artifact.parts) }
      }
      if (TERMINAL_STATES.has(event.task.status.state) || event.task.status.state.endsWith('-required'))
        end = await ended(event.task.status, undefined, artifacts, event.task, cancel)
    }
    if (event.type === 'artifact') {
      const existing = artifacts.get(event.artifact.artifactId)
      if (existing && event.append) existing.parts.push(...event.artifact.parts)
      else artifacts.set(event.artifact.artifactId, { ...event.artifact, parts: [...event.artifact.parts] })
      const text = textOf(event.artifact.parts)
      spoken += text.length
      if (spoken > MAX_TEXT) throw new AppError('agent_failed', `The agent's text is longer than ${MAX_TEXT} characters.`)
      yield { type: 'delta', text }
    }
    if (event.type === 'status') {
      const { state, message } = event.status
      if (state === 'working' || state === 'submitted') {
        if (message) yield { type: 'progress', text: textOf(message.parts) }
      } else end = await ended(event.status, event.metadata, artifacts, { id: event.taskId }, cancel)
    }
  }
  if (end) yield end
}

async function ended(
  status: TaskStatus,
  metadata: Record<string, Json> | undefined,
  artifacts: ReadonlyMap<string, Artifact>,
  task: Pick<Task, 'id'>,
  cancel: (taskId: string) => Promise<unknown>,
): Promise<NodeSignal> {
  const words = textOf(status.message?.parts ?? [])
  if (status.state === 'completed') {
    const made = [...artifacts.values()]
    const text = made
      .map(({ parts }) => textOf(parts))
      .filter((part) => part !== '')
      .join('\n\n')
    return { type: 'end', output: checked({ text: text || words, data: made.flatMap(({ parts }) => dataOf(parts)) }), usage: readUsage(metadata) }
  }
  if (status.state === 'input-required' || status.state === 'auth-required') {
    await cancel(task.id).catch(() => undefined)
    const what = status.state === 'auth-required' ? 'an authorization' : 'more input'
    throw new AppError('agent_failed', `The agent asks for ${what}, which this version cannot pass on to a person yet.`)
  }
  const failure = failureSchema.safeParse(metadata?.[EXTENSIONS.failure])
  const code = failure.success && isErrorCode(failure.data.code) ? failure.data.code : 'agent_failed'
  throw new AppError(code, (words || `The agent's task ended as ${status.state}.`).slice(0, 500), {
    retryable: failure.success ? failure.data.retryable : false,
  })
}

function checked(output: NodeOutput): NodeOutput {
  if (output.text.length > MAX_TEXT) throw new AppError('agent_failed', `The agent's text is longer than ${MAX_TEXT} characters.`)
  if (output.data.length > MAX_DATA_PARTS) throw new AppError('agent_failed', `The agent sent more than ${MAX_DATA_PARTS} data parts.`)
  return output
}

function readUsage(metadata: Record<string, Json> | undefined): Usage | undefined {
  const parsed = usageSchema.safeParse(metadata?.[EXTENSIONS.usage])
  return parsed.success ? parsed.data : undefined
}
