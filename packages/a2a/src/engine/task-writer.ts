import { randomUUID } from 'node:crypto'

import { EXTENSIONS } from '@signalbox/contracts'

import type { TaskWriter } from '../agent.ts'
import { TERMINAL_STATES, type Message, type Metadata, type TaskState } from '../model.ts'
import type { LiveTask } from './live-task.ts'

const COALESCE_MS = 30

/** A writer over a live task. Text is gathered for up to 30 ms; everything else flushes it first, so order is kept. */
export function createTaskWriter(live: LiveTask): { writer: TaskWriter; flush: () => void } {
  const { id: taskId, contextId } = live.task
  let text = ''
  let textArtifact = ''
  let timer: NodeJS.Timeout | undefined

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (text === '' || live.ended) return
    const artifact = { artifactId: textArtifact, parts: [{ kind: 'text' as const, text }] }
    text = ''
    const append = live.task.artifacts.some(({ artifactId }) => artifactId === artifact.artifactId)
    live.apply({ type: 'artifact', taskId, contextId, artifact, append, lastChunk: false })
  }

  const status = (state: TaskState, words?: string, metadata?: Metadata): void => {
    flush()
    const message: Message | undefined = words === undefined ? undefined : { messageId: randomUUID(), role: 'agent', parts: [{ kind: 'text', text: words }], taskId, contextId }
    const timestamp = new Date().toISOString()
    live.apply({ type: 'status', taskId, contextId, status: { state, timestamp, ...(message && { message }) }, ...(metadata && { metadata }) })
    if (message && (TERMINAL_STATES.has(state) || state.endsWith('-required'))) live.remember(message)
  }

  const writer: TaskWriter = {
    working: (words, metadata) => status('working', words, metadata),
    artifact({ artifactId = randomUUID(), ...artifact }, { append = false, lastChunk = !append } = {}) {
      flush()
      live.apply({ type: 'artifact', taskId, contextId, artifact: { artifactId, ...artifact }, append, lastChunk })
    },
    text(delta, artifactId = 'answer') {
      if (delta === '') return
      if (text !== '' && artifactId !== textArtifact) flush()
      textArtifact = artifactId
      text += delta
      timer ??= setTimeout(flush, COALESCE_MS)
    },
    complete: ({ text: words, metadata } = {}) => status('completed', words, metadata),
    fail: ({ code, message, retryable = false, metadata }) => status('failed', message, { ...metadata, [EXTENSIONS.failure]: { code, retryable } }),
    inputRequired: (words, metadata) => status('input-required', words, metadata),
    authRequired: (words, metadata) => status('auth-required', words, metadata),
    describe: (metadata) => live.describe(metadata),
  }
  return { writer, flush }
}
