import { createHash } from 'node:crypto'

import {
  hashOf,
  type Action,
  type ApprovalDecisionPart,
  type Ask,
  type NewSessionEvent,
  type NodeState,
  type Question,
  type SessionDocument,
} from '@signalbox/contracts'

import type { NodeReply } from '../ports.ts'
import { happened, stamp } from '../session-run.ts'
import type { Requirement } from './ports.ts'
import { bytesHash } from './seal.ts'

/** The asks of a document that are not decided, in the order in which they were made. */
export function openAsks({ asks }: Pick<SessionDocument, 'asks'>): Ask[] {
  return Object.values(asks).filter(({ state }) => state === 'open')
}

/** Questions that nobody has answered, in the order in which they were asked. */
export function openQuestions({ questions, nodes }: Pick<SessionDocument, 'questions' | 'nodes'>): Question[] {
  return Object.values(questions).filter(({ answer, told, node }) => answer === null && !told && nodes[node]?.state === 'waiting')
}

export interface NewAsk {
  node: string
  epoch: number
  ref: string | null
  source: Ask['source']
  agent: string
  skill: string | undefined
  action: Action
  statement: string | null
  impact: string | null
  requirement: Requirement
  /** Of this installation. */
  seal: string
}

/** An ask under an id that the same asking has again after a crash. */
export function toAsk(document: SessionDocument, asked: NewAsk): Ask {
  const { node, epoch, ref, requirement, seal } = asked
  const action = { ...asked.action, secrets: [...new Set([...asked.action.secrets, ...requirement.mask])].slice(0, 64) }
  const argsHash = bytesHash(action.args, { secrets: action.secrets, seal })
  const before = Object.values(document.asks).filter((ask) => ask.node === node && ask.epoch === epoch).length
  const now = Date.now()
  const at = (ms: number): string => new Date(now + ms).toISOString()
  return {
    id: `apr_${digest([document.id, node, epoch, ref, argsHash, before])}`,
    node,
    epoch,
    ref,
    source: asked.source,
    agent: asked.agent,
    skill: asked.skill ?? null,
    action,
    args_sha256: argsHash,
    seal,
    statement: asked.statement,
    why: requirement.why,
    impact: asked.impact,
    risk: requirement.risk,
    policy: requirement.policy,
    allowed: requirement.allowed,
    quorum: requirement.quorum,
    on_timeout: requirement.on_timeout,
    notify: requirement.notify,
    asked_at: at(0),
    escalates_at: requirement.escalateAfterMs === null ? null : at(requirement.escalateAfterMs),
    escalates_to: requirement.escalatesTo,
    expires_at: at(requirement.deadlineMs),
    state: 'open',
    outcome: null,
    told: false,
  }
}

export function requestedEvent(ask: Ask): NewSessionEvent {
  const { node, agent, id, action, risk, source, expires_at: expiresAt } = ask
  return happened({ type: 'approval.requested', node, agent, approval: id, title: action.title, risk: risk.level, source, expires_at: expiresAt })
}

/** What a waiting agent is to be told when its node goes on: decisions and an answer that it has not heard yet. */
export interface Reply extends NodeReply {
  asks: string[]
  questions: string[]
}

export function replyFor(document: SessionDocument, node: string): Reply | undefined {
  const { epoch } = document.nodes[node] as NodeState
  const asks = Object.values(document.asks).filter((ask) => ask.node === node && ask.epoch === epoch && ask.ref !== null && ask.outcome !== null && !ask.told)
  const questions = Object.values(document.questions).filter(
    (question) => question.node === node && question.epoch === epoch && question.answer && !question.told,
  )
  if (asks.length === 0 && questions.length === 0) return undefined
  const ids = [...asks.map(({ id }) => id), ...questions.map(({ id }) => id)]
  return {
    key: `${document.id}/${node}/${epoch}/${digest(ids).slice(0, 12)}`,
    decisions: asks.map(toDecisionPart),
    decidedOn: asks.map(({ action }) => hashOf(action.args)),
    text: questions.length === 0 ? undefined : questions.map(({ answer }) => answer?.text ?? '').join('\n\n'),
    answers: questions.map(({ text }) => text),
    asks: asks.map(({ id }) => id),
    questions: questions.map(({ id }) => id),
  }
}

/** The agent has the secrets, and is told the plain hash of what it may use. */
function toDecisionPart({ ref, outcome, action }: Ask): ApprovalDecisionPart {
  const { decision = 'reject', args, reason, by = [] } = outcome ?? {}
  const isEdited = decision === 'edit' && args !== undefined
  return {
    kind: 'approval-decision',
    ref: ref ?? '',
    decision,
    args_sha256: hashOf(isEdited ? args : action.args),
    ...(isEdited && { args }),
    ...(reason && { reason }),
    decided_by: by,
  }
}

/** The agent has heard it. */
export function withTold(document: SessionDocument, { asks, questions }: Pick<Reply, 'asks' | 'questions'>): SessionDocument {
  const told = <Item extends { told: boolean }>(items: Record<string, Item>, ids: readonly string[]): Record<string, Item> =>
    Object.fromEntries(Object.entries(items).map(([id, item]) => [id, ids.includes(id) ? { ...item, told: true } : item]))
  return { ...document, asks: told(document.asks, asks), questions: told(document.questions, questions), updated_at: stamp() }
}

export function questionId(document: SessionDocument, node: string, epoch: number): string {
  const before = Object.values(document.questions).filter((question) => question.node === node && question.epoch === epoch).length
  return `qst_${digest([document.id, node, epoch, before])}`
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** 26 characters of the ids' alphabet, of a hash. */
function digest(value: unknown): string {
  const bytes = createHash('sha256').update(JSON.stringify(value)).digest()
  return Array.from(bytes.subarray(0, 26), (byte) => ALPHABET[byte & 31]).join('')
}
