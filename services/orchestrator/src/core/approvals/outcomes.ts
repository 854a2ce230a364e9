import type { Ask, NewSessionEvent, NodeState, SessionDocument } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { happened, stamp, touched, withNode } from '../session-run.ts'
import { askRevision, type Settled } from '../settle-node.ts'
import { openQuestions } from './asks.ts'
import { unmask } from './mask.ts'
import type { BookedOutcome } from './ports.ts'
import { bytesHash, sealedBy } from './seal.ts'

/**
 * What people decided, as a change of the session. What the plan or a policy asked for sets its node free or
 * skips it; what an agent asked for is told to the agent when its node goes on. Each once: an ask that has
 * ended stays as it ended.
 */
export function withOutcome(before: SessionDocument, booked: BookedOutcome): Settled {
  const ask = before.asks[booked.id]
  if (!ask || ask.state !== 'open') return { document: before, events: [] }
  if (booked.state === 'superseded')
    return { document: withAsk(before, { ...ask, state: 'superseded' }), events: [superseded(ask, booked.reason ?? 'it was set aside')] }

  const args = booked.decision === 'edit' ? editedArgs(ask, booked) : undefined
  const { decision, by, reason, args_sha256: argsHash, at } = booked
  const decided: Ask = { ...ask, state: booked.state, outcome: { decision, by, reason, args_sha256: argsHash, at, ...(args !== undefined && { args }) } }
  const { node, agent, id } = ask
  const told =
    booked.state === 'expired'
      ? happened({ type: 'approval.expired', node, agent, approval: id, decision })
      : happened({ type: 'approval.decided', node, agent, approval: id, decision, by, ...(reason && { reason }) })
  const document = withAsk(before, decided)
  const events = [told]
  // The sub-plan's session does what follows from it.
  if (ask.relayed !== undefined) return { document, events }
  if (decision !== 'reject') {
    if (ask.ref !== null || document.nodes[node]?.state !== 'waiting') return { document, events }
    const { waits_for: _waits, ...state } = document.nodes[node]
    const approved = { ask: id, args_sha256: argsHash, ...(args !== undefined && { args }) }
    return { document: touched({ ...document, nodes: { ...document.nodes, [node]: { ...state, state: 'pending', approved } } }), events }
  }
  const facts = { title: ask.action.title, by: booked.state === 'expired' ? [] : by, reason }
  if (ask.ref === null && document.nodes[node]?.state === 'waiting') {
    const rejected = withRejected(document, node, facts)
    return { document: rejected.document, events: [...events, ...rejected.events] }
  }
  const asked = askRevision(document, { kind: 'approval', node, text: `Node '${node}' (${agent}): ${rejectionText(facts)}` })
  return { document: asked.document, events: [...events, ...asked.events] }
}

/** A node that was not approved is left out, and what has not begun is planned anew with what was said. */
export function withRejected(before: SessionDocument, node: string, facts: { title: string; by: readonly string[]; reason: string | null }): Settled {
  const { waits_for: _waits, ...state } = before.nodes[node] as SessionDocument['nodes'][string]
  const rejection = rejectionText(facts)
  const skipped = { ...state, state: 'skipped' as const, skip_reason: 'rejected' as const, rejection, finished_at: stamp() }
  const document = touched({ ...before, nodes: { ...before.nodes, [node]: skipped } })
  const events: NewSessionEvent[] = [happened({ type: 'node.skipped', node, agent: state.agent, reason: 'rejected' })]
  const asked = askRevision(document, { kind: 'approval', node, text: `Node '${node}' (${state.agent}): ${rejection}` })
  return { document: asked.document, events: [...events, ...asked.events] }
}

export function rejectionText({ title, by, reason }: { title: string; by: readonly string[]; reason: string | null }): string {
  const why = reason?.trim().replace(/[.!]+$/, '')
  // Nobody said no: the time was over.
  if (by.length === 0) return `“${title}” was not done: ${why ? lowerFirst(why) : 'nobody approved it in time'}.`
  return `“${title}” was rejected by ${by.join(', ')}${why ? `: ${why}` : ', without a reason'}. It was not done.`
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}

/** An agent that gave up because a person had refused it is no failure of the session. Undefined where nobody refused anything. */
export function refusalOf({ asks, nodes }: SessionDocument, node: string): string | undefined {
  const epoch = nodes[node]?.epoch
  const refused = Object.values(asks).find((ask) => ask.node === node && ask.epoch === epoch && ask.ref !== null && ask.outcome?.decision === 'reject')
  return (
    refused &&
    rejectionText({ title: refused.action.title, by: refused.state === 'expired' ? [] : (refused.outcome?.by ?? []), reason: refused.outcome?.reason ?? null })
  )
}

/** A person's answer, to the question that it is for. One that was given before, and one that nobody asked for, changes nothing. */
export function withAnswer(before: SessionDocument, message: { text: string; key: string; question?: string | undefined }): Settled {
  const known = Object.values(before.questions).some(({ answer }) => answer?.key === message.key)
  const open = openQuestions(before)
  const question = message.question === undefined ? open[0] : open.find(({ id }) => id === message.question)
  if (known || !question) return { document: touched(before), events: [] }
  const answered = { ...question, answer: { text: message.text, key: message.key, at: stamp() } }
  const { node, agent, id } = question
  return {
    document: touched({ ...before, questions: { ...before.questions, [id]: answered } }),
    events: [happened({ type: 'input.received', node, agent, question: id })],
  }
}

/** What is asked of nodes that do not wait any more is not asked any more. Answers which asks that were. */
export function withoutStaleAsks(before: SessionDocument): Settled & { stale: string[] } {
  const stale = Object.values(before.asks).filter((ask) => ask.state === 'open' && !isAwaited(ask, before.nodes[ask.node]))
  if (stale.length === 0) return { document: before, events: [], stale: [] }
  const asks = { ...before.asks }
  for (const ask of stale) asks[ask.id] = { ...ask, state: 'superseded' }
  return {
    document: touched({ ...before, asks }),
    events: stale.map((ask) => superseded(ask, 'what was asked for is not done any more')),
    stale: stale.filter(({ relayed }) => relayed === undefined).map(({ id }) => id),
  }
}

/** An agent that goes on because of one decision may wait for others still; only its next word says. */
function isAwaited({ ref, relayed, epoch }: Ask, node: NodeState | undefined): boolean {
  if (node?.state === 'waiting') return true
  return node?.state === 'running' && ref !== null && relayed === undefined && node.epoch === epoch
}

export function superseded({ node, agent, id }: Ask, why: string): NewSessionEvent {
  return happened({ type: 'approval.superseded', node, agent, approval: id, why })
}

function withAsk(document: SessionDocument, ask: Ask): SessionDocument {
  return touched({ ...document, asks: { ...document.asks, [ask.id]: ask }, held: false })
}

/** @throws AppError `internal` where the ledger has other bytes than were decided on: nothing is run then. */
function editedArgs(ask: Ask, { args, args_sha256: argsHash }: BookedOutcome): Ask['action']['args'] {
  const whole = unmask(args ?? null, ask.action.args, sealedBy(ask))
  if (bytesHash(whole, sealedBy(ask)) !== argsHash) throw new AppError('internal', `The edit of approval ${ask.id} is not the one that was decided on.`)
  return whole
}

/** For nodes that go on: they wait no more. */
export function withResumed(document: SessionDocument, id: string): SessionDocument {
  const { waits_for: _waits, ...state } = document.nodes[id] as SessionDocument['nodes'][string]
  return withNode({ ...document, nodes: { ...document.nodes, [id]: state } }, id, { state: 'running' })
}
