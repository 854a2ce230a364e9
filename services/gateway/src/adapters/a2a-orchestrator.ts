import {
  connectAgent,
  TERMINAL_STATES,
  textOf,
  type Artifact,
  type CallOptions,
  type Metadata,
  type StreamEvent,
  type Task,
  type TaskState,
} from '@signalbox/a2a'
import { EXTENSIONS, sessionEventSchema, sessionViewSchema, type ConversationPart, type SessionEvent, type SessionView } from '@signalbox/contracts'
import { AppError, toAppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'

import type { Orchestrator, SessionNews } from '../core/orchestrator.ts'
import type { SessionCall } from '../core/session-call.ts'
import { toOrchestratorFault } from './orchestrator-fault.ts'

export interface A2AOrchestratorOptions {
  url: string
  token: string | undefined
  telemetry: Telemetry
  /** How long an answer, or a stream's first event, may take. */
  timeoutMs: number
}

const ANSWER = 'answer'

/** The orchestrator, reached by A2A: a session is its task. */
export function connectOrchestrator(options: A2AOrchestratorOptions): Orchestrator & { close(): Promise<void> } {
  const connection = connectAgent(options)
  const { timeoutMs } = options
  const toCall = (call: SessionCall): CallOptions => ({ owner: call.owner, requestId: call.requestId, signal: call.signal, deadlineMs: timeoutMs })
  const getSession = (id: string, call: SessionCall): Promise<Task> => asking(() => connection.getTask(id, toCall(call)))

  /** A stream must begin in time; afterwards it may take as long as the session does. */
  async function* follow(open: (call: CallOptions) => AsyncIterable<StreamEvent>, call: SessionCall): AsyncGenerator<SessionNews> {
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new AppError('upstream_timeout', 'The orchestrator did not answer in time.')), timeoutMs)
    const reader = createNewsReader()
    try {
      for await (const event of open({ owner: call.owner, requestId: call.requestId, signal: AbortSignal.any([call.signal, late.signal]) })) {
        clearTimeout(timer)
        for (const news of reader.read(event)) yield news.type === 'ended' ? await lastWord(news, reader.sessionId, call) : news
      }
    } catch (error) {
      throw toMessageFault(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** An end without its event, after a break in the line: the task itself knows the rest. */
  async function lastWord(ended: SessionNews & { type: 'ended' }, id: string | undefined, call: SessionCall): Promise<SessionNews> {
    if (id === undefined) return ended
    try {
      return toSnapshot(await getSession(id, call))
    } catch {
      return ended
    }
  }

  return {
    begin: ({ question, conversation, idempotencyKey, request, budget }, call) =>
      follow(
        (streaming) =>
          connection.stream(
            {
              parts: [
                { kind: 'text', text: question },
                {
                  kind: 'data',
                  data: { kind: 'conversation', conversation, ...(budget && { budget }), ...(request && { request }) } satisfies ConversationPart,
                },
              ],
            },
            { ...streaming, ...(idempotencyKey !== undefined && { idempotencyKey }) },
          ),
        call,
      ),
    attach: (id, call, after) => follow((streaming) => connection.subscribe(id, { ...streaming, ...(after !== undefined && { after }) }), call),
    find: async (id, call) => toView(await getSession(id, call)),
    list: async ({ limit, after }, call) => {
      const page = await asking(() =>
        connection.listTasks({ pageSize: limit, includeArtifacts: false, ...(after !== undefined && { pageToken: after }) }, toCall(call)),
      )
      return { sessions: page.tasks.map(toView), next: page.nextPageToken }
    },
    cancel: async (id, call) => toView(await asking(() => connection.cancelTask(id, toCall(call)))),
    health: async (signal) => {
      try {
        await connection.card({ signal, fresh: true })
        return 'ok'
      } catch (error) {
        return toAppError(error).code === 'agent_unavailable' ? 'unreachable' : 'failing'
      }
    },
    close: () => connection.close(),
  }
}

/** Reads a stream's events as news; knows how far the answer's text goes, for text that comes without its place. */
function createNewsReader() {
  let sessionId: string | undefined
  let length = 0

  const readArtifact = ({ artifact, append }: StreamEvent & { type: 'artifact' }): SessionNews[] => {
    if (artifact.artifactId !== ANSWER) return []
    const event = readEvent(artifact.metadata)
    const text = event?.type === 'answer.delta' ? event.text : textOf(artifact.parts)
    const offset = event?.type === 'answer.delta' ? event.offset : append ? length : 0
    length = offset + text.length
    return [event ? { type: 'event', event } : { type: 'answer', offset, text }]
  }

  const readStatus = ({ status, metadata }: StreamEvent & { type: 'status' }): SessionNews[] => {
    const event = readEvent(metadata)
    if (event) return [{ type: 'event', event }]
    return TERMINAL_STATES.has(status.state) ? [{ type: 'ended', status: ENDINGS[status.state] ?? 'failed', message: textOf(status.message?.parts ?? []) }] : []
  }

  return {
    get sessionId() {
      return sessionId
    },
    read(event: StreamEvent): SessionNews[] {
      switch (event.type) {
        case 'task': {
          const snapshot = toSnapshot(event.task)
          sessionId = snapshot.session.id
          length = snapshot.answerSoFar.length
          return [snapshot]
        }
        case 'artifact':
          return readArtifact(event)
        case 'status':
          return readStatus(event)
        case 'message':
          throw new AppError('upstream_invalid', 'The orchestrator answered without a session.')
      }
    },
  }
}

const ENDINGS: Partial<Record<TaskState, 'completed' | 'failed' | 'canceled'>> = { completed: 'completed', canceled: 'canceled' }

function toSnapshot(task: Task): SessionNews & { type: 'snapshot' } {
  return { type: 'snapshot', session: toView(task), answerSoFar: textOfArtifact(task.artifacts.find(({ artifactId }) => artifactId === ANSWER)) }
}

function toView(task: Task): SessionView {
  const parsed = sessionViewSchema.safeParse(task.metadata?.[EXTENSIONS.session])
  if (!parsed.success) throw new AppError('upstream_invalid', 'The orchestrator’s task is not a session.', { cause: parsed.error })
  return parsed.data
}

function textOfArtifact(artifact: Artifact | undefined): string {
  return artifact ? textOf(artifact.parts) : ''
}

/** Undefined where there is none, or one of a kind that we do not know yet. */
function readEvent(metadata: Metadata | undefined): SessionEvent | undefined {
  const value = metadata?.[EXTENSIONS.sessionEvents]
  return value === undefined ? undefined : sessionEventSchema.safeParse(value).data
}

async function asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    throw toMessageFault(error)
  }
}

/** What the orchestrator does not take of a message's parts was in the caller's messages. */
function toMessageFault(error: unknown): AppError {
  const fault = toOrchestratorFault(error)
  const isCallers = fault.code === 'invalid_request' || fault.code === 'payload_too_large'
  return isCallers && fault.param !== undefined ? new AppError(fault.code, `messages: ${fault.message}`, { param: 'messages', cause: fault }) : fault
}
