import type { Json, Metadata, StreamEvent, Task, TaskState } from '@signalbox/a2a'
import { APPROVAL_LIMITS, EXTENSIONS, toSessionView, type AgentAsk, type SessionDocument, type SessionEvent, type SessionStatus } from '@signalbox/contracts'

import { openAsks, openQuestions } from '../core/approvals/asks.ts'

/**
 * How a session looks as an A2A task, and its events as the task's. The task is interrupted once nothing can go
 * on but for people: as long as other nodes are at work it works, whatever is asked meanwhile.
 */

const TASK_STATES = {
  active: 'working',
  paused: 'working',
  waiting_approval: 'auth-required',
  waiting_input: 'input-required',
  completed: 'completed',
  failed: 'failed',
  canceled: 'canceled',
  expired: 'failed',
} as const satisfies Record<SessionStatus, TaskState>

export const ANSWER_ARTIFACT = 'answer'

export function toTask(document: SessionDocument, options: { artifacts: boolean }): Task {
  const { id } = document
  const isInterrupted = document.waiting_at !== null
  const words = isInterrupted ? waitingWords(document) : document.error?.message
  const isWaiting = document.status === 'waiting_approval' || document.status === 'waiting_input'
  return {
    id,
    contextId: id,
    status: {
      state: isWaiting && !isInterrupted ? 'working' : TASK_STATES[document.status],
      timestamp: document.updated_at,
      ...(words !== undefined && { message: { messageId: `${id}/status`, role: 'agent', parts: [{ kind: 'text', text: words }], taskId: id, contextId: id } }),
    },
    artifacts: options.artifacts && document.answer ? [{ artifactId: ANSWER_ARTIFACT, parts: [{ kind: 'text', text: document.answer.text }] }] : [],
    history: [],
    metadata: { [EXTENSIONS.session]: toSessionView(document) as unknown as Json, ...(isInterrupted && asksMetadata(document)) },
  }
}

/** What an interrupted session asks, for whoever it works for: an orchestrator asks its own people. */
function asksMetadata(document: SessionDocument): Metadata {
  const asks = openAsks(document).map(({ id, action, risk, why, impact, allowed }): AgentAsk => ({
    ref: id,
    action,
    risk: risk.level,
    ...(why !== null && { why }),
    ...(impact !== null && { impact }),
    editable: allowed.includes('edit'),
  }))
  return asks.length === 0 ? {} : { [EXTENSIONS.approval]: { asks: asks.slice(0, APPROVAL_LIMITS.asks) } as unknown as Json }
}

function waitingWords(document: SessionDocument): string {
  const [question] = openQuestions(document)
  const asks = openAsks(document)
  if (asks.length === 0) return question?.text ?? 'Waiting for a person.'
  return asks.map(({ agent, action }) => `${agent} wants to: ${action.title}`).join('\n')
}

/**
 * A session's event as what its A2A stream carries. The last one ends the stream. Of an interruption `document`
 * says what is asked; without it the interruption is over, and history.
 */
export function toStreamEvent(id: string, event: SessionEvent, document?: SessionDocument): StreamEvent {
  const metadata: Metadata = { [EXTENSIONS.sessionEvents]: event as unknown as Json }
  const ids = { taskId: id, contextId: id }
  if (event.type === 'answer.delta') {
    return {
      type: 'artifact',
      ...ids,
      seq: event.seq,
      artifact: { artifactId: ANSWER_ARTIFACT, parts: [{ kind: 'text', text: event.text }], metadata },
      append: event.offset > 0,
      lastChunk: false,
    }
  }
  if ('usage' in event && event.usage) metadata[EXTENSIONS.usage] = event.usage
  if (event.type === 'session.waiting' && document) Object.assign(metadata, asksMetadata(document))
  const words = event.type === 'session.failed' ? event.error.message : event.type === 'session.waiting' && document ? waitingWords(document) : undefined
  return {
    type: 'status',
    ...ids,
    seq: event.seq,
    status: {
      state: event.type === 'session.waiting' && !document ? 'working' : stateAfter(event),
      timestamp: event.at,
      ...(words !== undefined && { message: { messageId: `${id}/${event.seq}`, role: 'agent', parts: [{ kind: 'text', text: words }], ...ids } }),
    },
    metadata,
  }
}

function stateAfter(event: SessionEvent): TaskState {
  if (event.type === 'session.completed') return 'completed'
  if (event.type === 'session.failed' || event.type === 'session.expired') return 'failed'
  if (event.type === 'session.canceled') return 'canceled'
  if (event.type === 'session.waiting') return event.for === 'input' ? 'input-required' : 'auth-required'
  return 'working'
}
