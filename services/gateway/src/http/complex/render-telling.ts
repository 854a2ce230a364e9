import type { SessionEvent, Usage } from '@signalbox/contracts'
import { toChunk, type ChatCompletionChunk, type CompletionIdentity, type CompletionUsage, type SignalboxExtra } from '@signalbox/openai-wire'

import type { Ending, Telling } from '../../core/tell-answer.ts'
import type { ProgressMode } from './wishes.ts'

export interface Rendering {
  identity: CompletionIdentity
  sessionId: string
  progress: ProgressMode
  /** The caller asked for usage, so every chunk has the key. */
  withUsageKey: boolean
}

/** The first chunk, sent before anything is known. */
export function renderOpening({ identity, sessionId, withUsageKey, progress }: Rendering, status: string): ChatCompletionChunk {
  return toChunk(
    identity,
    { role: 'assistant', content: '' },
    { withUsageKey, ...(progress !== 'none' && { signalbox: { v: 1, session_id: sessionId, status } }) },
  )
}

/** What is told, as a chunk that every client of OpenAI's takes; undefined for what the caller does not wish to see. */
export function renderTelling(telling: Exclude<Telling, { type: 'fault' }>, rendering: Rendering): ChatCompletionChunk | undefined {
  const { identity, sessionId, progress, withUsageKey } = rendering
  switch (telling.type) {
    case 'content':
      return toChunk(identity, { content: telling.text }, { withUsageKey })
    case 'progress': {
      if (progress === 'none') return undefined
      const shown = progress === 'reasoning' && telling.line !== undefined
      return toChunk(identity, shown ? { reasoning_content: `${telling.line}\n` } : {}, { withUsageKey, signalbox: renderEvent(telling.event, sessionId) })
    }
    case 'completed':
      return toChunk(identity, {}, { finishReason: 'stop', withUsageKey, signalbox: renderEnding(telling, sessionId) })
  }
}

/** Machine data of an event, under our one extra key. */
export function renderEvent(event: SessionEvent, sessionId: string): SignalboxExtra {
  return {
    v: 1,
    seq: event.seq,
    type: event.type,
    session_id: sessionId,
    ...('node' in event && { node_id: event.node }),
    ...('agent' in event && { agent: event.agent }),
    ...(event.type in NODE_STATES && { state: NODE_STATES[event.type as keyof typeof NODE_STATES] }),
  }
}

const NODE_STATES = {
  'node.started': 'running',
  'node.progress': 'running',
  'node.retrying': 'running',
  'node.fallback': 'running',
  'node.completed': 'completed',
  'node.failed': 'failed',
  'node.skipped': 'skipped',
} as const satisfies Partial<Record<SessionEvent['type'], string>>

/** What the last chunk, or the whole answer, carries. */
export function renderEnding(ending: Ending & { type: 'completed' }, sessionId: string): SignalboxExtra {
  return {
    v: 1,
    type: 'session.completed',
    status: 'completed',
    session_id: sessionId,
    cost_usd: ending.usage.cost_usd,
    ...(ending.usageByNode && { usage_by_node: ending.usageByNode }),
    citations: ending.citations,
  }
}

export function toCompletionUsage({ prompt_tokens, completion_tokens, total_tokens }: Usage): CompletionUsage {
  return { prompt_tokens, completion_tokens, total_tokens }
}
