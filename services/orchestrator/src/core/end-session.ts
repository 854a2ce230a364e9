import { citationsPartSchema, type Citation, type Fault, type NewSessionEvent, type NodeState, type SessionDocument, type Stopped } from '@signalbox/contracts'

import { happened, settleOpenNodes, withDeadLetter, withEnd } from './session-run.ts'

/** The ways in which a session ends, each as its last document and last events. */
export interface Ending {
  document: SessionDocument
  events: NewSessionEvent[]
}

/** Every node that the answer rests on has settled. `spoken` is what of the answer was told already: a vote's is told now. */
export function finishSession(before: SessionDocument, spoken: string): Ending {
  const answering = before.plan && before.nodes[before.plan.answer]
  if (answering?.rejection !== undefined) return endWithout(before, answering.rejection, spoken)
  if (answering?.state !== 'completed' || !answering.output) {
    const nothing = { code: 'agent_failed', message: 'The answer was not written, because its condition did not hold.', node: before.plan?.answer ?? '' }
    return failSession(before, answering?.error ?? nothing)
  }
  const citations = citationsOf(answering)
  const document = withEnd(settleOpenNodes(before), { status: 'completed', answer: { text: answering.output.text, citations }, error: null })
  const { text } = answering.output
  const told = { type: 'answer.delta', node: before.plan?.answer ?? '', agent: answering.agent, offset: 0, text } as const
  const end = happened({ type: 'session.completed', usage: document.usage, citations })
  return { document, events: [...(spoken === '' && text !== '' ? [happened(told)] : []), end] }
}

/** What would have answered was not approved: that is the answer, with what was found. */
function endWithout(before: SessionDocument, rejection: string, spoken: string): Ending {
  const node = before.plan?.answer ?? ''
  // Told text is not taken back.
  const text = [spoken, rejection, spoken === '' ? findingsOf(before, 'This is what was found.') : ''].filter((part) => part !== '').join('\n\n')
  const document = withEnd(settleOpenNodes(before), { status: 'completed', answer: { text, citations: [] }, error: null })
  const told = happened({ type: 'answer.delta', node, agent: before.nodes[node]?.agent ?? '', offset: spoken.length, text: text.slice(spoken.length) })
  return { document, events: [told, happened({ type: 'session.completed', usage: document.usage, citations: [] })] }
}

/** It failed: every failed node is kept as a dead letter, or the session as a whole where no node did. */
export function failSession(before: SessionDocument, fault?: Fault): Ending {
  const failed = Object.entries(before.nodes).flatMap(([id, state]) => (state.state === 'failed' && !state.branch ? [{ id, state }] : []))
  const unknown: Fault = { code: 'agent_failed', message: 'The session failed.' }
  const error = fault ?? failed.find(({ state }) => state.error)?.state.error ?? unknown
  const letters =
    failed.length > 0
      ? failed.map(({ id, state }) => ({ node: id, agent: state.agent, error: state.error ?? error, attempts: state.attempts }))
      : [{ node: null, agent: null, error, attempts: before.takeovers }]
  let document = settleOpenNodes(before)
  const events: NewSessionEvent[] = []
  for (const letter of letters) {
    const kept = withDeadLetter(document, letter)
    document = kept.document
    events.push(...kept.events)
  }
  document = withEnd(document, { status: 'failed', error })
  return { document, events: [...events, happened({ type: 'session.failed', error, usage: document.usage })] }
}

export function cancelSession(before: SessionDocument, reason: string): Ending {
  const document = withEnd(settleOpenNodes(before), { status: 'canceled', error: { code: 'canceled', message: reason } })
  return { document, events: [happened({ type: 'session.canceled', usage: document.usage })] }
}

/**
 * A budget is spent: the session ends now, with the part of the answer that was written, or else with
 * what its nodes have found. Without either it has failed.
 */
export function stopSession(before: SessionDocument, stopped: Stopped, spoken: string): Ending {
  const told = happened({ type: 'session.stopped', stopped })
  const found = spoken === '' ? findingsOf(before, `${stopped.message} The answer was not written; this is what was found.`) : ''
  if (spoken === '' && found === '') {
    const code = stopped.limit === 'deadline' ? 'deadline_exceeded' : 'budget_exceeded'
    const failed = failSession({ ...before, stopped }, { code, message: stopped.message })
    return { document: failed.document, events: [told, ...failed.events] }
  }
  const node = before.plan?.answer ?? ''
  const delta = happened({ type: 'answer.delta', node, agent: before.nodes[node]?.agent ?? '', offset: 0, text: found })
  const document = withEnd(settleOpenNodes(before), { status: 'completed', stopped, answer: { text: spoken || found, citations: [] }, error: null })
  const end = happened({ type: 'session.completed', usage: document.usage, citations: [], stopped })
  return { document, events: [told, ...(found === '' ? [] : [delta]), end] }
}

const MOST_OF_ONE = 4_000

/** What there is to show for it: the results that nothing else that finished rests on. */
function findingsOf({ plan, nodes }: SessionDocument, heading: string): string {
  const done = (plan?.nodes ?? []).filter(({ id }) => nodes[id]?.state === 'completed' && nodes[id].output?.text !== '')
  const used = new Set(done.flatMap(({ needs }) => needs))
  const results = done
    .filter(({ id }) => !used.has(id))
    .map(({ id, instruction }) => `## ${instruction.split('\n')[0]?.slice(0, 120)}\n\n${nodes[id]?.output?.text.slice(0, MOST_OF_ONE)}`)
  return results.length === 0 ? '' : [heading, ...results].join('\n\n')
}

function citationsOf(state: NodeState): Citation[] {
  for (const part of state.output?.data ?? []) {
    const parsed = citationsPartSchema.safeParse(part)
    if (parsed.success) return parsed.data.citations
  }
  return []
}
