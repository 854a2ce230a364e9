import { INTERRUPTED_STATES, TERMINAL_STATES, type CallOptions, type Json, type Metadata, type Part, type StreamEvent, type Task } from '@signalbox/a2a'
import { EXTENSIONS, hashOf, type NodeContext } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'
import { activeLogFields, type Telemetry } from '@signalbox/telemetry'

import { isSilent, isVague } from '../core/approvals/waiting.ts'
import type { AgentCaller, NodeCall, NodeReply } from '../core/ports.ts'
import { isCalledOff } from '../core/run-node.ts'
import type { AgentRegistry } from './agent-registry.ts'
import type { AgentGate } from './agent-gate.ts'
import { hearStream, toVagueRef, waitOf } from './hear-stream.ts'

const CANCEL_TIMEOUT_MS = 5_000
const LOOK_TIMEOUT_MS = 5_000
/** How long a canceled call is kept open to learn which task it was that must be canceled. */
const TASK_PATIENCE_MS = 2_000

/** Calls nodes' agents over A2A, and hears what comes back as the core's own signals. */
export function createA2AAgentCaller(options: { registry: Pick<AgentRegistry, 'find'>; gate: AgentGate; telemetry: Telemetry }): AgentCaller {
  const { registry, gate, telemetry } = options
  return {
    async *call(call, signal) {
      const agent = registry.find(call.agent)
      await using pass = await gate.enter(call.agent, signal)
      using line = holdLine(signal)
      const callOptions = optionsFor(call, line.signal)
      try {
        const begun = call.taskId === undefined ? undefined : await findTask(agent.connection, call.taskId, callOptions)
        // A task that went on by itself, or has heard the reply in an earlier life, is followed; one that its agent has forgotten is begun anew.
        const reply = begun && call.reply && INTERRUPTED_STATES.has(begun.status.state) ? stillMeant(call.reply, begun) : undefined
        let hasReplied = call.reply === undefined || reply === undefined
        const events = reply
          ? agent.connection.stream(toReply(call.taskId as string, reply), { ...callOptions, idempotencyKey: reply.key })
          : begun
            ? takeUp(agent.connection, begun, callOptions)
            : agent.connection.stream(toMessage(call, agent.card?.extensions ?? []), callOptions)
        if (begun && !reply && call.reply) yield { type: 'replied' }
        for await (const heard of hearStream(events, reply !== undefined)) {
          if (!hasReplied) yield { type: 'replied' }
          hasReplied = true
          if (heard.type === 'task') line.taskIsKnown()
          if (heard.type === 'end' || heard.type === 'wait') pass.succeeded()
          yield heard
          if (signal.aborted) throw signal.reason
        }
      } catch (error) {
        pass.failed(error)
        throw error
      }
    },
    async look(id, taskId, signal) {
      try {
        const task = await registry.find(id).connection.getTask(taskId, { signal: AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]) })
        return INTERRUPTED_STATES.has(task.status.state) ? waitOf({ status: task.status, metadata: task.metadata, task }) : 'nobody'
      } catch {
        // Whoever cannot be asked now is asked again; one that has lost the task begins anew once people have spoken.
        return undefined
      }
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

/**
 * The signal of a call's line. A call that is canceled before its agent has named the task is listened
 * to a little longer, so that the task can be canceled too and is not left to work for nobody.
 */
function holdLine(signal: AbortSignal): Disposable & { signal: AbortSignal; taskIsKnown(): void } {
  const line = new AbortController()
  let known = false
  let patience: NodeJS.Timeout | undefined
  const onAbort = (): void => {
    if (known || !isCalledOff(signal)) line.abort(signal.reason)
    else patience = setTimeout(() => line.abort(signal.reason), TASK_PATIENCE_MS)
  }
  if (signal.aborted) line.abort(signal.reason)
  else signal.addEventListener('abort', onAbort, { once: true })
  return {
    signal: line.signal,
    taskIsKnown() {
      known = true
    },
    [Symbol.dispose]() {
      clearTimeout(patience)
      signal.removeEventListener('abort', onAbort)
      line.abort(signal.reason)
    },
  }
}

function optionsFor(call: NodeCall, signal: AbortSignal): CallOptions {
  const requestId = activeLogFields().request_id
  return { signal, idempotencyKey: call.key, ...(requestId !== undefined && { requestId }) }
}

type Connection = ReturnType<AgentRegistry['find']>['connection']

/** Undefined where the agent has forgotten it. */
async function findTask(connection: Connection, taskId: string, call: CallOptions): Promise<Task | undefined> {
  try {
    return await connection.getTask(taskId, call)
  } catch (error) {
    if (toAppError(error).code === 'not_found') return undefined
    throw error
  }
}

/**
 * As much of a reply as is for what the task waits for now; undefined where nothing is. An agent that asks for something
 * else by now, and looks at no hashes, would take the word on the one for a word on the other.
 */
function stillMeant(reply: NodeReply, task: Task): NodeReply | undefined {
  const wait = waitOf({ status: task.status, metadata: task.metadata, task })
  const isOnDescribed = reply.decisions.some(({ ref }, index) => ref !== toVagueRef(reply.decidedOn[index] ?? ''))
  if (isSilent(wait) || (isVague(wait) && isOnDescribed)) return reply
  if (wait.type === 'question') return reply.answers.includes(wait.text) ? { ...reply, decisions: [], decidedOn: [] } : undefined
  if (wait.type === 'relay') return reply
  const asked = new Set(wait.asks.map(({ action }) => hashOf(action.args)))
  const isAsked = (_value: unknown, index: number): boolean => asked.has(reply.decidedOn[index] ?? '')
  const decisions = reply.decisions.filter(isAsked)
  return decisions.length > 0 ? { ...reply, decisions, decidedOn: reply.decidedOn.filter(isAsked), text: undefined } : undefined
}

/** Follows a task that an earlier life began; one that has ended meanwhile, even between the two calls, is read whole. */
async function* takeUp(connection: Connection, task: Task, call: CallOptions): AsyncGenerator<StreamEvent> {
  if (TERMINAL_STATES.has(task.status.state)) return yield { type: 'task', task }
  let isFollowed = false
  try {
    for await (const event of connection.subscribe(task.id, call)) {
      isFollowed = true
      yield event
    }
  } catch (error) {
    if (isFollowed || toAppError(error).code !== 'conflict') throw error
    yield { type: 'task', task: await connection.getTask(task.id, call) }
  }
}

/** What people said, as the message that the task waits for: their decisions as data, and their answer as text. */
function toReply(taskId: string, { key, decisions, text }: NonNullable<NodeCall['reply']>): { messageId: string; taskId: string; parts: Part[] } {
  const words = text ?? decisions.map(({ decision, reason }) => `${DECIDED[decision]}${reason ? `: ${reason}` : ''}`).join('\n')
  return {
    messageId: key,
    taskId,
    parts: [{ kind: 'text', text: words }, ...decisions.map((decision): Part => ({ kind: 'data', data: decision as unknown as Json }))],
  }
}

const DECIDED = { approve: 'Approved', edit: 'Approved with changes', reject: 'Rejected' } as const

function toMessage(call: NodeCall, extensions: readonly string[]): { messageId: string; parts: Part[]; metadata: Metadata } {
  const metadata: Metadata = { [EXTENSIONS.lineage]: [...call.lineage] }
  if (call.skill !== undefined) metadata['skill'] = call.skill
  return { messageId: call.key, parts: toParts(call, extensions), metadata }
}

/** The instruction, and the results it rests on: as data for agents that declare so, as text for all others. */
function toParts(call: NodeCall, extensions: readonly string[]): Part[] {
  const shared = Object.fromEntries(Object.entries(call.context).map(([name, { value }]) => [name, value]))
  if (extensions.includes(EXTENSIONS.inputs)) {
    const context: NodeContext = {
      kind: 'node-context',
      goal: call.goal,
      conversation: call.conversation,
      ...(call.skill !== undefined && { skill: call.skill }),
      ...(Object.keys(shared).length > 0 && { context: shared }),
      budget: call.budget,
    }
    return [
      { kind: 'text', text: call.instruction },
      { kind: 'data', data: context as unknown as Json },
      ...call.inputs.map((input): Part => ({ kind: 'data', data: input as unknown as Json })),
    ]
  }
  return [{ kind: 'text', text: asText(call, shared) }]
}

/** What a piece of work rests on, as an agent reads it that knows nothing of our data parts. */
export function asText(call: Pick<NodeCall, 'instruction' | 'inputs'>, shared: Record<string, unknown>): string {
  const results = call.inputs.map(({ name, agent, text, data }) => `## ${name} (${agent})\n${text || JSON.stringify(data)}`)
  const values = Object.entries(shared).map(([name, value]) => `- ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [
    call.instruction,
    ...(results.length > 0 ? ['Results so far:', ...results] : []),
    ...(values.length > 0 ? [`Shared values:\n${values.join('\n')}`] : []),
  ].join('\n\n')
}
