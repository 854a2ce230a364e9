import { toSafeLine, type SessionEvent, type Usage } from '@signalbox/contracts'
import {
  toChunk,
  toReasoningDelta,
  type ChatCompletionChunk,
  type CompletionIdentity,
  type CompletionUsage,
  type FinishReason,
  type ReasoningField,
  type SignalboxExtra,
  type StatusEvent,
} from '@signalbox/openai-wire'

import type { Ending, Telling } from '../../core/tell-answer.ts'
import { toApprovalUrl } from '../console-url.ts'
import type { AwaitingPlace } from './render-awaiting.ts'
import type { ProgressMode } from './wishes.ts'

export interface Rendering extends AwaitingPlace {
  identity: CompletionIdentity
  progress: ProgressMode
  /** Under which name reasoning is told. */
  reasoningField: ReasoningField
  /** The caller is Open WebUI, which shows progress in a place of its own. */
  withStatusEvents: boolean
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
  const { identity, sessionId, consoleUrl, progress, reasoningField, withUsageKey } = rendering
  switch (telling.type) {
    case 'content':
      return toChunk(identity, { content: telling.text }, { withUsageKey })
    case 'progress': {
      if (progress === 'none') return undefined
      const shown = progress === 'reasoning' && telling.line !== undefined
      const link = telling.event.type === 'approval.requested' ? ` → ${toApprovalUrl(consoleUrl, telling.event.approval)}` : ''
      return toChunk(identity, shown ? toReasoningDelta(`${telling.line}${link}\n`, reasoningField) : {}, {
        withUsageKey,
        signalbox: renderEvent(telling.event, rendering),
        event: renderStatus(shown ? telling.line : undefined, rendering, { done: false }),
      })
    }
    case 'completed':
      return toChunk(
        identity,
        {},
        {
          finishReason: toFinishReason(telling),
          withUsageKey,
          signalbox: renderEnding(telling, sessionId),
          event: renderStatus('Done', rendering, { done: true }),
        },
      )
  }
}

/** What Open WebUI shows under the answer's name, while it is made and after. */
export function renderStatus(
  description: string | undefined,
  { withStatusEvents, progress }: Pick<Rendering, 'withStatusEvents' | 'progress'>,
  { done }: { done: boolean },
): StatusEvent | undefined {
  if (!withStatusEvents || progress !== 'reasoning' || description === undefined) return undefined
  return { type: 'status', data: { description, done } }
}

/** Machine data of an event, under our one extra key. */
export function renderEvent(event: SessionEvent, { sessionId, consoleUrl }: AwaitingPlace): SignalboxExtra {
  return {
    v: 1,
    seq: event.seq,
    type: event.type,
    session_id: sessionId,
    ...('node' in event && { node_id: event.node }),
    ...('agent' in event && { agent: event.agent }),
    ...toFacts(event),
    ...toPeopleFacts(event, consoleUrl),
    ...(event.type in NODE_STATES && { state: NODE_STATES[event.type as keyof typeof NODE_STATES] }),
  }
}

const NODE_STATES = {
  'node.started': 'running',
  'node.progress': 'running',
  'node.retrying': 'running',
  'node.fallback': 'running',
  'node.expanded': 'running',
  'node.session': 'running',
  'node.completed': 'completed',
  'node.failed': 'failed',
  'node.skipped': 'skipped',
  'node.waiting': 'waiting',
  'approval.requested': 'waiting',
  'input.requested': 'waiting',
} as const satisfies Partial<Record<SessionEvent['type'], string>>

/** What a program that shows a session wants to know of an event and would have to ask for otherwise. */
function toFacts(event: SessionEvent): Record<string, unknown> {
  switch (event.type) {
    case 'session.redriven':
      return { nodes: event.nodes }
    case 'session.stopped':
      return { stopped: event.stopped }
    case 'plan.revising':
      return { reason: { ...event.reason, text: toSafeLine(event.reason.text) } }
    case 'plan.ready':
      return event.revision > 1 ? { revision: event.revision, added: event.added ?? [], dropped: event.dropped ?? [], changed: event.changed ?? [] } : {}
    case 'node.expanded':
      return { branches: event.branches }
    case 'node.decided':
      return { by: event.by, choice: toSafeLine(event.choice), votes: event.votes, of: event.of }
    case 'node.session':
      return { child_session_id: event.session }
    case 'context.put':
      return { name: event.name }
    case 'dead_letter.kept':
      return { attempts: event.attempts, error: event.error.code }
    default:
      return {}
  }
}

/** What people are asked, and what they said. */
function toPeopleFacts(event: SessionEvent, consoleUrl: string): Record<string, unknown> {
  switch (event.type) {
    case 'approval.requested': {
      const { approval, title, risk, expires_at } = event
      return { approval_id: approval, title: toSafeLine(title), risk, expires_at, url: toApprovalUrl(consoleUrl, approval) }
    }
    case 'approval.decided':
      return { approval_id: event.approval, decision: event.decision, by: event.by.map((name) => toSafeLine(name)) }
    case 'approval.expired':
      return { approval_id: event.approval, decision: event.decision }
    case 'approval.superseded':
      return { approval_id: event.approval }
    case 'approval.held':
      return { open: event.open, most: event.most }
    case 'input.requested':
      return { question_id: event.question, text: toSafeLine(event.text) }
    case 'input.received':
      return { question_id: event.question }
    case 'node.waiting':
      return { for: event.for, ...(event.session !== undefined && { child_session_id: event.session }) }
    case 'session.waiting':
      return { for: event.for, approvals: event.approvals, questions: event.questions }
    default:
      return {}
  }
}

/** A budget that ended a session cut its answer short, as a limit of tokens does. */
export function toFinishReason({ stopped }: Ending & { type: 'completed' }): FinishReason {
  return stopped ? 'length' : 'stop'
}

/** What the last chunk, or the whole answer, carries. */
export function renderEnding(ending: Ending & { type: 'completed' }, sessionId: string): SignalboxExtra {
  return {
    v: 1,
    type: 'session.completed',
    status: toStatus(ending),
    ...(ending.stopped && { stopped: ending.stopped }),
    session_id: sessionId,
    cost_usd: ending.usage.cost_usd,
    ...(ending.usageByNode && { usage_by_node: ending.usageByNode }),
    citations: ending.citations,
  }
}

/** What `x-signalbox-status` says of an answer. */
export function toStatus({ stopped }: Ending & { type: 'completed' }): 'completed' | 'stopped' {
  return stopped ? 'stopped' : 'completed'
}

export function toCompletionUsage({ prompt_tokens, completion_tokens, total_tokens }: Usage): CompletionUsage {
  return { prompt_tokens, completion_tokens, total_tokens }
}
