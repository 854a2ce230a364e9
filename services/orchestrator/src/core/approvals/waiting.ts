import type { AgentAsk, Ask, NewSessionEvent, NodeState, Question, SessionDocument } from '@signalbox/contracts'

import { happened, stamp, touched, withNode } from '../session-run.ts'
import type { Settled } from '../settle-node.ts'
import type { NodeWait } from '../ports.ts'
import { openAsks, openQuestions, questionId, replyFor, requestedEvent, toAsk } from './asks.ts'
import { superseded } from './outcomes.ts'
import type { ApprovalPolicies } from './ports.ts'
import { bytesHash, sealedBy } from './seal.ts'

/** The type of an action that its agent does not describe. */
export const UNDESCRIBED = 'agent.authorization'
/** What is asked where an agent asks, and does not say what. */
export const UNSAID = 'The agent asks for more input, and does not say what.'

/**
 * True for an agent that waits and does not list what for. Many say it in the one status that they stop with, and
 * whoever reads their task later reads less: that is no news of what they wait for.
 */
export function isVague(wait: NodeWait): boolean {
  return isSilent(wait) || (wait.type === 'asks' && wait.asks.every(({ action }) => action.type === UNDESCRIBED))
}

/** True for one that does not say a word of it. */
export function isSilent(wait: NodeWait): boolean {
  return wait.type === 'question'
    ? wait.text === UNSAID
    : wait.type === 'asks' && wait.statement === '' && wait.asks.every(({ action }) => action.type === UNDESCRIBED)
}

/**
 * A node's agent was found to wait, out of turn. Undefined where that is no news; else what it waits for now is asked, and
 * what it does not wait for any more is withdrawn.
 */
export function withAskedAnew(before: SessionDocument, id: string, wait: NodeWait, policies: ApprovalPolicies): (Settled & { stale: string[] }) | undefined {
  const { state, waits_for: waits, epoch } = before.nodes[id] as NodeState
  if (state !== 'waiting' || waits === 'others') return undefined
  const described = Object.values(before.asks).some((ask) => ask.node === id && ask.epoch === epoch && ask.state === 'open' && ask.action.type !== UNDESCRIBED)
  if (isSilent(wait) || (isVague(wait) && described)) return undefined
  const next = withWait(before, id, wait, policies)
  if (next.document.asks === before.asks && next.document.questions === before.questions) return undefined
  // Whoever waits for the session has to hear of it: it waits anew.
  return { ...next, document: withWaitOver(next.document) }
}

/**
 * A node's agent waits for people. What it asks for is asked; what was decided for these very bytes before is
 * not asked again; what it does not wait for any more is set aside.
 */
export function withWait(before: SessionDocument, id: string, wait: NodeWait, policies: ApprovalPolicies): Settled & { stale: string[] } {
  if (wait.type === 'question') return withQuestion(before, id, wait.text)
  if (wait.type === 'relay') return { ...withRelayed(before, id, wait.asks, wait.session), stale: [] }
  const { agent, epoch } = before.nodes[id] as NodeState
  const node = before.plan?.nodes.find((candidate) => candidate.id === (before.nodes[id]?.branch?.of ?? id))
  const skill = node && 'skill' in node ? node.skill : undefined
  const mine = (ask: Ask): boolean => ask.node === id && ask.epoch === epoch && ask.ref !== null
  let document = withNode(withoutQuestions(before, id), id, { state: 'waiting', waits_for: 'approval' })
  const events: NewSessionEvent[] = []
  const listed = new Set<string>()
  for (const asked of wait.asks) {
    const same = Object.values(document.asks).find(
      (ask) =>
        mine(ask) &&
        !listed.has(ask.id) &&
        ask.args_sha256 === bytesHash(asked.action.args, sealedBy(ask)) &&
        (ask.state === 'open' || (ask.outcome !== null && !ask.told)),
    )
    if (same) {
      listed.add(same.id)
      // An agent that lost its task asks the same under another name.
      if (same.ref !== asked.ref) document = touched({ ...document, asks: { ...document.asks, [same.id]: { ...same, ref: asked.ref } } })
      continue
    }
    const added = toAgentAsk(document, { id, agent, epoch, skill, asked, statement: wait.statement }, policies)
    listed.add(added.ask.id)
    document = touched({ ...document, asks: { ...document.asks, [added.ask.id]: added.ask } })
    events.push(...added.events)
  }
  const withdrawn = withoutAsks(
    document,
    Object.values(document.asks).filter((ask) => mine(ask) && ask.state === 'open' && !listed.has(ask.id)),
  )
  return { ...withdrawn, events: [...events, ...withdrawn.events] }
}

/** Asks that their agent does not wait for any more. */
function withoutAsks(before: SessionDocument, asks: readonly Ask[]): Settled & { stale: string[] } {
  if (asks.length === 0) return { document: before, events: [], stale: [] }
  const withdrawn = asks.map((ask): [string, Ask] => [ask.id, { ...ask, state: 'superseded' }])
  return {
    document: touched({ ...before, asks: { ...before.asks, ...Object.fromEntries(withdrawn) } }),
    events: asks.map((ask) => superseded(ask, 'the agent does not ask for it any more')),
    stale: asks.map(({ id }) => id),
  }
}

/** Questions that their agent does not want answered any more, but for the one with this text. */
function withoutQuestions(before: SessionDocument, id: string, but?: string): SessionDocument {
  const { epoch } = before.nodes[id] as NodeState
  const open = Object.values(before.questions).filter((question) => question.node === id && question.epoch === epoch && !question.told && !question.answer)
  const over = open.filter(({ text }) => text !== but).map((question): [string, Question] => [question.id, { ...question, told: true }])
  return over.length === 0 ? before : touched({ ...before, questions: { ...before.questions, ...Object.fromEntries(over) } })
}

function toAgentAsk(
  document: SessionDocument,
  { id, agent, epoch, skill, asked, statement }: { id: string; agent: string; epoch: number; skill: string | undefined; asked: AgentAsk; statement: string },
  policies: ApprovalPolicies,
): { ask: Ask; events: NewSessionEvent[] } {
  const { action, ref, risk, why, impact, editable } = asked
  const requirement = policies.judge({
    source: 'agent',
    agent,
    skill,
    action,
    said: { ...(risk && { risk }), ...(why !== undefined && { why }), ...(impact !== undefined && { impact }) },
  }) as NonNullable<ReturnType<ApprovalPolicies['judge']>>
  const ask = toAsk(document, {
    node: id,
    epoch,
    ref,
    source: 'agent',
    agent,
    skill,
    action,
    statement: statement === '' ? null : statement,
    impact: impact ?? null,
    requirement: { ...requirement, allowed: requirement.allowed.filter((kind) => kind !== 'edit' || editable) },
    seal: policies.seal,
  })
  if (requirement.effect === 'ask') return { ask, events: [requestedEvent(ask)] }
  // The policy itself is who decides; nobody is asked.
  const decision = requirement.effect === 'allow' ? 'approve' : 'reject'
  const by = [`policy ${requirement.policy?.id ?? ''}`.trim()]
  const outcome = { decision, by, reason: requirement.why, args_sha256: ask.args_sha256, at: stamp() } as const
  const decided: Ask = { ...ask, state: decision === 'approve' ? 'approved' : 'rejected', outcome }
  return {
    ask: decided,
    events: [happened({ type: 'approval.decided', node: id, agent, approval: ask.id, decision, by, ...(requirement.why && { reason: requirement.why }) })],
  }
}

function withQuestion(before: SessionDocument, id: string, text: string): Settled & { stale: string[] } {
  const { agent, epoch } = before.nodes[id] as NodeState
  const unasked = Object.values(before.asks).filter((ask) => ask.node === id && ask.epoch === epoch && ask.ref !== null && ask.state === 'open')
  const { document: asking, events, stale } = withoutAsks(withoutQuestions(before, id, text), unasked)
  const open = Object.values(before.questions).find((question) => question.node === id && question.epoch === epoch && !question.told && question.text === text)
  const waiting = withNode(asking, id, { state: 'waiting', waits_for: 'input' })
  // The agent lost its task, or was not told yet.
  if (open) return { document: waiting, events, stale }
  const question = { id: questionId(before, id, epoch), node: id, agent, epoch, text: text.slice(0, 4_000), asked_at: stamp(), answer: null, told: false }
  return {
    document: touched({ ...waiting, questions: { ...waiting.questions, [question.id]: question } }),
    events: [...events, happened({ type: 'input.requested', node: id, agent, question: question.id, text: question.text })],
    stale,
  }
}

/** A sub-plan waits: what is asked there is shown here too. */
function withRelayed(before: SessionDocument, id: string, asks: readonly Ask[], session: string): Settled {
  const document = withNode(before, id, { state: 'waiting', waits_for: 'others' })
  const { agent } = document.nodes[id] as NodeState
  const events: NewSessionEvent[] = []
  const all = { ...document.asks }
  for (const ask of asks) {
    if (all[ask.id]) continue
    all[ask.id] = { ...ask, node: id, relayed: ask.relayed ?? session }
    events.push(requestedEvent({ ...ask, node: id, agent }))
  }
  if (before.nodes[id]?.waits_for !== 'others' && events.length === 0) events.push(happened({ type: 'node.waiting', node: id, agent, for: 'others', session }))
  return { document: touched({ ...document, asks: all }), events }
}

/** Waiting nodes that can go on: somebody has decided or answered what their agents wait for. */
export function resumable(document: SessionDocument): string[] {
  return Object.entries(document.nodes).flatMap(([id, { state, waits_for: waits }]) => {
    if (state !== 'waiting') return []
    // Whoever works on it says so when it goes on.
    return waits !== 'others' && replyFor(document, id) ? [id] : []
  })
}

/**
 * The session's status, from what it waits for. One that waits while others of its nodes are at work has a
 * `wake_at` that has passed, so that it is driven on if its driver dies.
 */
export function withWaitingStatus(document: SessionDocument): SessionDocument {
  if (document.status !== 'active' && document.status !== 'waiting_approval' && document.status !== 'waiting_input') return document
  const waits = waitsFor(document)
  const status = waits === undefined ? 'active' : waits === 'approval' ? 'waiting_approval' : 'waiting_input'
  const wakeAt = status === 'active' ? null : (document.wake_at ?? stamp())
  return status === document.status && wakeAt === document.wake_at ? document : touched({ ...document, status, wake_at: wakeAt })
}

export function waitsFor(document: SessionDocument): 'approval' | 'input' | undefined {
  if (openAsks(document).length > 0) return 'approval'
  if (openQuestions(document).length > 0) return 'input'
  return Object.values(document.nodes).some(({ state }) => state === 'waiting') ? 'approval' : undefined
}

/** How often an agent that waits is asked whether it has gone on by itself: seldom, once it has waited for long. Milliseconds. */
export function peekAfter(waitedMs: number): number {
  return Math.min(Math.max(waitedMs / 4, 5_000), 300_000)
}

/** Nothing is at work and nothing may begin: the session as it is left in the store. */
export function toParked(before: SessionDocument): Settled {
  const now = stamp()
  const since = before.waiting_at ?? now
  const hasAgents = Object.values(before.nodes).some(({ state, task_id: task }) => state === 'waiting' && task !== undefined)
  const wakeAt = hasAgents ? new Date(Date.now() + peekAfter(Date.now() - Date.parse(since))).toISOString() : null
  const document = { ...before, waiting_at: since, wake_at: wakeAt, updated_at: now }
  if (before.waiting_at !== null) return { document, events: [] }
  const waits = waitsFor(before) ?? 'approval'
  const approvals = openAsks(before).map(({ id }) => id)
  const questions = openQuestions(before).map(({ id }) => id)
  return { document, events: [happened({ type: 'session.waiting', for: waits, approvals, questions })] }
}

/** Something goes on: the time that passed meanwhile does not count. */
export function withWaitOver(document: SessionDocument): SessionDocument {
  if (document.waiting_at === null) return document
  const waited = Math.max(0, Date.now() - Date.parse(document.waiting_at))
  return touched({ ...document, waiting_at: null, paused_ms: document.paused_ms + waited })
}
