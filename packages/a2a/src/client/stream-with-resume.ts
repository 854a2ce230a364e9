import { setTimeout as pause } from 'node:timers/promises'

import { AppError, toAppError } from '@signalbox/errors'

import { TERMINAL_STATES, textOf, type StreamEvent, type Task } from '../model.ts'

const ATTEMPTS = 4

/**
 * Follows a stream to its task's end. Where it breaks or ends early, the task is subscribed to again,
 * and of the new snapshot only what had not been seen is told: the text that was missed, the state
 * that changed.
 */
export async function* streamWithResume(first: AsyncIterable<StreamEvent>, subscribe: (taskId: string) => AsyncIterable<StreamEvent>, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  let source = first
  let seen: Task | undefined
  for (let attempt = 1; ; attempt += 1) {
    try {
      for await (const event of source) {
        if (event.type === 'message') return yield event
        if (event.type === 'task' && seen) yield* missed(seen, event.task)
        else yield event
        seen = remember(seen, event)
        attempt = 1
      }
      if (!seen) throw new AppError('upstream_invalid', 'The agent ended its stream without a task.')
      if (isOver(seen)) return
      throw new AppError('upstream_failed', 'The agent’s stream ended before its task did.')
    } catch (error) {
      const fault = toAppError(error)
      if (!seen || signal.aborted || !canResume(fault) || attempt > ATTEMPTS) throw error
      await pause(50 * 2 ** attempt, undefined, { signal })
      source = subscribe(seen.id)
    }
  }
}

function canResume({ code }: AppError): boolean {
  return code === 'upstream_failed' || code === 'agent_unavailable'
}

function isOver(task: Task): boolean {
  return TERMINAL_STATES.has(task.status.state) || task.status.state === 'input-required' || task.status.state === 'auth-required'
}

/** What a snapshot says that the events before it did not. */
function* missed(seen: Task, now: Task): Generator<StreamEvent> {
  for (const artifact of now.artifacts) {
    const before = seen.artifacts.find(({ artifactId }) => artifactId === artifact.artifactId)
    if (!before) {
      yield { type: 'artifact', taskId: now.id, contextId: now.contextId, artifact, append: false, lastChunk: true }
      continue
    }
    const known = textOf(before.parts)
    const text = textOf(artifact.parts)
    if (text.length > known.length && text.startsWith(known)) {
      yield { type: 'artifact', taskId: now.id, contextId: now.contextId, artifact: { artifactId: artifact.artifactId, parts: [{ kind: 'text', text: text.slice(known.length) }] }, append: true, lastChunk: false }
    }
  }
  if (now.status.state !== seen.status.state || now.status.timestamp !== seen.status.timestamp) yield { type: 'status', taskId: now.id, contextId: now.contextId, status: now.status }
}

function remember(seen: Task | undefined, event: StreamEvent): Task | undefined {
  if (event.type === 'task') return { ...event.task, artifacts: event.task.artifacts.map((artifact) => ({ ...artifact, parts: artifact.parts.map((part) => ({ ...part })) })) }
  if (!seen || event.type === 'message') return seen
  if (event.type === 'status') seen.status = event.status
  if (event.type === 'artifact') {
    const existing = seen.artifacts.find(({ artifactId }) => artifactId === event.artifact.artifactId)
    if (existing && event.append) existing.parts.push(...event.artifact.parts)
    else seen.artifacts = [...seen.artifacts.filter((artifact) => artifact !== existing), { ...event.artifact, parts: [...event.artifact.parts] }]
  }
  return seen
}
