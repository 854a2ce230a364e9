import type { NewSessionEvent, NodeState, SessionDocument } from '@signalbox/contracts'

import type { NodeEnd } from './run-node.ts'
import { happened, stamp, withNode, withTry, withUsage } from './session-run.ts'

/** What happens while a plan runs, in one queue. */
export type Happening =
  | { type: 'event'; event: NewSessionEvent }
  | { type: 'attempt'; node: string; agent: string; attempt: number; epoch: number; saved: () => void }
  | { type: 'task'; node: string; taskId: string }
  | { type: 'ended'; node: string; end: NodeEnd }
  | { type: 'broken'; error: unknown }
  | { type: 'look' }

/** What happened since the last write, as a change of the document and the events that tell of it. */
export function applyHappenings(
  before: SessionDocument,
  happenings: readonly Happening[],
): { document: SessionDocument; events: NewSessionEvent[]; saved: (() => void)[] } {
  let document = before
  const events: NewSessionEvent[] = []
  const saved: (() => void)[] = []
  for (const happening of happenings) {
    if (happening.type === 'event') events.push(happening.event)
    else if (happening.type === 'attempt') {
      document = withTry(document, happening)
      saved.push(happening.saved)
      events.push(startedEvent(document, happening.node))
    } else if (happening.type === 'task') document = withNode(document, happening.node, { task_id: happening.taskId })
    else if (happening.type === 'ended') {
      const ended = applyEnd(document, happening.node, happening.end)
      document = ended.document
      events.push(...ended.events)
    }
  }
  return { document, events, saved }
}

/** A try of a node has begun, as the document says. */
export function startedEvent(document: SessionDocument, node: string): NewSessionEvent {
  const { agent, attempts } = document.nodes[node] as NodeState
  const instruction = document.plan?.nodes.find(({ id }) => id === node)?.instruction ?? ''
  return happened({ type: 'node.started', node, agent, instruction: instruction.slice(0, 300), attempt: attempts })
}

function applyEnd(before: SessionDocument, node: string, end: NodeEnd): { document: SessionDocument; events: NewSessionEvent[] } {
  const state = before.nodes[node] as NodeState
  const usage = end.usage && { usage: end.usage }
  const finished_at = stamp()
  const spent = withUsage(before, end.usage)
  if (end.state === 'completed') {
    return {
      document: withNode(spent, node, { state: 'completed', output: end.output, finished_at, ...usage }),
      events: [happened({ type: 'node.completed', node, agent: state.agent, summary: summarize(end.output.text), ...usage })],
    }
  }
  const failed = happened({ type: 'node.failed', node, agent: state.agent, error: end.error })
  if (end.state === 'failed') return { document: withNode(spent, node, { state: 'failed', error: end.error, finished_at, ...usage }), events: [failed] }
  return {
    document: withNode(spent, node, { state: 'skipped', skip_reason: 'failure', error: end.error, finished_at, ...usage }),
    events: [failed, happened({ type: 'node.skipped', node, agent: state.agent, reason: 'failure' })],
  }
}

function summarize(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return line.length > 160 ? `${line.slice(0, 159)}…` : line
}

/** Happenings in their order. `take` waits for at least one and answers all there are. */
export function createQueue(signal: AbortSignal): { push: (happening: Happening) => void; take: () => Promise<Happening[]> } {
  let waiting: Happening[] = []
  let wake: (() => void) | undefined
  signal.addEventListener('abort', () => wake?.(), { once: true })
  return {
    push(happening) {
      waiting.push(happening)
      wake?.()
    },
    async take() {
      if (waiting.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve))
      wake = undefined
      if (signal.aborted) throw signal.reason
      const taken = waiting
      waiting = []
      return taken
    },
  }
}
