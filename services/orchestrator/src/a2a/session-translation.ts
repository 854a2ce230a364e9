import type { Json, Metadata, StreamEvent, Task, TaskState } from '@signalbox/a2a'
import { EXTENSIONS, toSessionView, type SessionDocument, type SessionEvent, type SessionStatus } from '@signalbox/contracts'

/** How a session looks as an A2A task, and its events as the task's. */

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
  const words = document.error?.message
  const { id } = document
  return {
    id,
    contextId: id,
    status: {
      state: TASK_STATES[document.status],
      timestamp: document.updated_at,
      ...(words !== undefined && { message: { messageId: `${id}/status`, role: 'agent', parts: [{ kind: 'text', text: words }], taskId: id, contextId: id } }),
    },
    artifacts: options.artifacts && document.answer ? [{ artifactId: ANSWER_ARTIFACT, parts: [{ kind: 'text', text: document.answer.text }] }] : [],
    history: [],
    metadata: { [EXTENSIONS.session]: toSessionView(document) as unknown as Json },
  }
}

/** A session's event as what its A2A stream carries. The last one ends the stream. */
export function toStreamEvent(id: string, event: SessionEvent): StreamEvent {
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
  const words = event.type === 'session.failed' ? event.error.message : undefined
  return {
    type: 'status',
    ...ids,
    seq: event.seq,
    status: {
      state: stateAfter(event),
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
  return 'working'
}
