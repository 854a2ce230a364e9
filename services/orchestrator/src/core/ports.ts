import type { AgentSummary, Conversation, Fault, NodeInput, NodeOutput, PlanNode, SessionDocument, Usage } from '@signalbox/contracts'

/** What the core needs of the world. */

/** The agents that are alive now. */
export interface AgentDirectory {
  alive(): AgentSummary[]
}

export interface PlanDraft {
  /** As the planner sent it; not believed before it is checked. */
  plan: unknown
  repairs: number
  usage: Usage | undefined
}

export interface Planner {
  draw(
    request: { goal: string; conversation: Conversation; agents: AgentSummary[]; previous?: unknown; faults?: string[] },
    signal: AbortSignal,
  ): Promise<PlanDraft>
}

/** One try of one node on one agent. `key` is the message id and the idempotency key. */
export interface NodeCall {
  agent: string
  key: string
  node: PlanNode
  goal: string
  conversation: Conversation
  inputs: NodeInput[]
  /** The A2A task of an earlier life of this same try, to take up again. */
  taskId?: string | undefined
}

/** What is heard of a try, in order. The last is `end`; a failure is thrown as an `AppError`. */
export type NodeSignal =
  | { type: 'task'; taskId: string }
  | { type: 'progress'; text: string }
  | { type: 'delta'; text: string }
  | { type: 'end'; output: NodeOutput; usage: Usage | undefined }

export interface AgentCaller {
  call(call: NodeCall, signal: AbortSignal): AsyncIterable<NodeSignal>
  /** Tells an agent that its task is not wanted any more. Never throws. */
  cancel(agent: string, taskId: string): Promise<void>
}

/** Who sees what the core does: spans, metrics and log lines, in one place. */
export interface Observer {
  session<Result>(document: SessionDocument, resumed: boolean, work: () => Promise<Result>): Promise<Result>
  planning<Result>(work: (note: (facts: { nodes: number; repairs: number }) => void) => Promise<Result>): Promise<Result>
  node<Result>(facts: { node: string; agent: string; attempt: number; needs: readonly string[] }, work: () => Promise<Result>): Promise<Result>
  nodeEnded(facts: { node: string; agent: string; state: string; attempts: number; fault?: Fault | undefined }): void
  sessionEnded(document: SessionDocument): void
}
