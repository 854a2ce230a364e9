import type { NewSessionEvent, NodeState, Plan, Usage } from '@signalbox/contracts'

import { replyFor } from './approvals/asks.ts'
import { mayFallBack } from './approvals/gate.ts'
import { contextFor, requireApprovedBytes } from './approvals/node-action.ts'
import { leftFor, ownBudget, spentBy } from './budget.ts'
import type { DriveTools } from './drive-session.ts'
import type { Happening } from './happenings.ts'
import { streamedItems } from './map-node.ts'
import { runNode, type NodeEnd, type NodeReports } from './run-node.ts'
import { happened } from './session-run.ts'
import { streamingFrom } from './settle-node.ts'
import { branchesOf, workOf } from './work.ts'

export interface WorkTools {
  push: (happening: Happening) => void
  /** The answer's text as far as it was told in this drive. */
  answer: { text: string }
  spending: ReadonlyMap<string, Usage>
  signal: AbortSignal
}

/** Runs one piece of the session's work, as its document says that it begins or goes on; all that is heard of it goes into the drive's queue. */
export function runWork(tools: DriveTools, id: string, { push, answer, spending, signal }: WorkTools): Promise<NodeEnd> {
  const { session, observer, limits } = tools
  const { document } = session
  const whole = workOf(document, id)
  const work = whole.fallback === undefined || mayFallBack(document, whole.node, whole.fallback, tools.policies) ? whole : { ...whole, fallback: undefined }
  const state = document.nodes[id] as NodeState
  const isAnswer = (document.plan as Plan).answer === id
  const own = ownBudget(document, work.node, spending)
  // What is sent again under one key is what was sent before.
  const sent = state.sent ?? {
    budget: leftFor(document, spentBy(document, spending.values()), own, limits.sessionDeadlineMs),
    context: contextFor(document, work.node.id),
  }
  const reply = replyFor(document, id)
  // A task that is taken up again tells its text from the beginning.
  const hasToldAnswer = isAnswer && answer.text !== ''
  if (isAnswer) answer.text = ''
  let streamed = 0
  const tell = (event: NewSessionEvent): void => push({ type: 'event', event })
  const report: NodeReports = {
    attempt: (facts) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason)
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        push({ type: 'attempt', node: id, ...facts, sent, saved: resolve })
      }),
    task: (taskId) => push({ type: 'task', node: id, taskId }),
    progress: (agent, text) => tell(happened({ type: 'node.progress', node: id, agent, text })),
    retrying: ({ delayMs, ...facts }) => tell(happened({ type: 'node.retrying', node: id, delay_ms: Math.round(delayMs), ...facts })),
    fallback: (facts) => tell(happened({ type: 'node.fallback', node: id, ...facts })),
    delta(agent, text) {
      tell(happened({ type: 'answer.delta', node: id, agent, offset: answer.text.length, text }))
      answer.text += text
    },
    artifact(artifact) {
      push({ type: 'artifact', node: id, artifact, first: streamed })
      streamed += streamedItems(artifact).length
    },
    usage: (usage) => push({ type: 'usage', node: id, usage }),
    context: (put) => push({ type: 'context', node: id, put }),
    replied: () => reply && push({ type: 'replied', node: id, reply }),
  }
  const facts = { node: id, agent: state.agent, attempt: state.attempts, needs: work.branch ? [work.branch.of] : work.node.needs }
  return observer.node(facts, async () => {
    requireApprovedBytes(document, work, sent.context)
    const end = await runNode(
      {
        sessionId: document.id,
        work,
        isAnswer,
        isStreamed: streamingFrom(document, id).length > 0,
        facts: {
          goal: document.goal,
          conversation: document.conversation,
          context: sent.context,
          lineage: [...document.lineage, document.id],
          budget: sent.budget,
          owner: document.owner,
        },
        hasSpoken: hasToldAnswer || streamingFrom(document, id).some((map) => branchesOf(document.nodes, map).length > 0),
        begun: { epoch: state.epoch, attempts: state.attempts, agent: state.agent, taskId: state.task_id, usage: state.usage },
        reply,
        own,
        deadlineMs: work.deadlineMs ?? (work.node.kind === 'plan' ? (sent.budget.deadline_s ?? 0) * 1_000 : limits.nodeDeadlineMs),
        // A sub-plan's own nodes were tried again as often as they may be.
        // What a person approved is tried once, but where the plan itself says how often.
        retries: work.retries ?? (work.node.kind === 'plan' || state.approved ? 0 : limits.nodeRetries),
      },
      { agents: tools.agents, retry: tools.retry, report, signal },
    )
    const attempts = session.document.nodes[id]?.attempts ?? 0
    observer.nodeEnded({ node: id, agent: state.agent, state: end.state, attempts, ...('error' in end && { fault: end.error }) })
    return end
  })
}
