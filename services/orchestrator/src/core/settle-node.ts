import {
  PLAN_LIMITS,
  replanRequestPartSchema,
  type Fault,
  type NewSessionEvent,
  type NodeOutput,
  type NodeState,
  type PlanNode,
  type RevisionReason,
  type SessionDocument,
  type Usage,
} from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'

import { wantsNewPlan, type RuleEngine } from './condition.ts'
import { addStreamedItems } from './expand.ts'
import { itemsOf } from './map-node.ts'
import { toFault } from './run-node.ts'
import { happened, stamp, touched, withDeadLetter, withNode, withUsage } from './session-run.ts'
import { putsIn, withSharedValues } from './shared-context.ts'
import { branchesOf } from './work.ts'

export interface Settled {
  document: SessionDocument
  events: NewSessionEvent[]
}

/** A node or branch has its result: kept, told, and what it asks for beside (shared values, a new plan) done. */
export function completeNode(before: SessionDocument, id: string, output: NodeOutput, usage: Usage | undefined, evaluate: RuleEngine): Settled {
  const { agent, branch } = before.nodes[id] as NodeState
  const by = { node: id, agent }
  const events = [happened({ type: 'node.completed', ...by, summary: summarize(output.text), ...(usage && { usage }) })]
  let document = withNode(withUsage(before, usage), id, { state: 'completed', output, finished_at: stamp(), ...(usage && { usage }) })
  const shared = withSharedValues(document, by, putsIn(output))
  document = shared.document
  events.push(...shared.events)
  if (branch) return { document, events }

  const node = document.plan?.nodes.find((candidate) => candidate.id === id) as PlanNode
  for (const map of streamingFrom(document, id)) {
    // Nothing came of it while it was at work: then what it made in the end is the list.
    const items = branchesOf(document.nodes, map).length === 0 ? itemsOf(output) : []
    document = addStreamedItems(document, map, items, 0)
  }
  for (const reason of revisionsAskedBy(document, node, output, evaluate)) {
    const asked = askRevision(document, reason)
    document = asked.document
    events.push(...asked.events)
  }
  return { document, events }
}

/** A node or branch has failed for good: it ends as it says, and is kept where its attempts were used up. */
export function failNode(
  before: SessionDocument,
  id: string,
  end: { error: Fault; usage?: Usage | undefined; state: 'failed' | 'skipped'; exhausted: boolean; spoke?: boolean },
): Settled {
  const { agent, branch, attempts } = before.nodes[id] as NodeState
  const by = { node: id, agent }
  const change = { error: end.error, finished_at: stamp(), ...(end.usage && { usage: end.usage }) }
  const spent = withUsage(before, end.usage)
  const events = [happened({ type: 'node.failed', ...by, error: end.error })]
  if (end.state === 'skipped') {
    let document = withNode(spent, id, { ...change, state: 'skipped', skip_reason: 'failure' })
    events.push(happened({ type: 'node.skipped', ...by, reason: 'failure' }))
    if (end.exhausted) {
      const kept = withDeadLetter(document, { node: id, agent, error: end.error, attempts })
      document = kept.document
      events.push(...kept.events)
    }
    return { document, events }
  }
  const document = withNode(spent, id, { ...change, state: 'failed' })
  const node = document.plan?.nodes.find((candidate) => candidate.id === id)
  // Who has read half an answer is not given another one.
  if (branch || end.spoke || node?.on_failure !== 'replan') return { document, events }
  const asked = askRevision(document, { kind: 'failure', node: id, text: `Node '${id}' (${agent}) failed: ${end.error.message}` })
  return { document: asked.document, events: [...events, ...asked.events] }
}

/** Streaming `map` nodes over a producer. */
export function streamingFrom(document: SessionDocument, producer: string): string[] {
  return (document.plan?.nodes ?? []).flatMap((node) => (node.kind === 'map' && node.stream && node.over.split('.')[0] === producer ? [node.id] : []))
}

/**
 * Notes that what has not begun is to be planned anew. Reasons that come while another is being thought
 * about are put together, so that one new plan answers all.
 */
export function askRevision(document: SessionDocument, reason: RevisionReason): Settled {
  const kept = (why: string): Settled => ({ document: touched(document), events: [happened({ type: 'plan.kept', why })] })
  if (document.plan && document.nodes[document.plan.answer]?.state !== 'pending' && reason.kind !== 'failure')
    return kept('The answer is being written already.')
  if (document.revisions.length >= PLAN_LIMITS.revisions) return kept(`The plan was revised ${PLAN_LIMITS.revisions} times, which is the most.`)
  const { revising } = document
  const text = revising ? `${revising.text}\n${reason.text}` : reason.text
  const merged: RevisionReason = { ...(reason.kind === 'failure' || !revising ? reason : revising), text: text.slice(0, 4_000) }
  return { document: touched({ ...document, revising: merged }), events: [happened({ type: 'plan.revising', reason: merged })] }
}

function revisionsAskedBy(document: SessionDocument, node: PlanNode, output: NodeOutput, evaluate: RuleEngine): RevisionReason[] {
  const requested = output.data.flatMap((part): RevisionReason[] => {
    const parsed = replanRequestPartSchema.safeParse(part)
    return parsed.success ? [{ kind: 'request', node: node.id, text: `Node '${node.id}' asks for a new plan: ${parsed.data.reason}` }] : []
  })
  try {
    if (!wantsNewPlan(node, document.nodes, evaluate)) return requested
    return [...requested, { kind: 'condition', node: node.id, text: `The result of node '${node.id}' calls for a new plan: ${summarize(output.text)}` }]
  } catch (error) {
    return [...requested, { kind: 'condition', node: node.id, text: toFault(toAppError(error)).message }]
  }
}

function summarize(text: string): string {
  const line = text
    .slice(0, 2_000)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}
