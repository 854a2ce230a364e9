import type {
  AgentAsk,
  AgentSummary,
  ApprovalDecisionPart,
  Ask,
  Budget,
  Conversation,
  Fault,
  NewSessionEvent,
  NodeInput,
  NodeOutput,
  NodeSoFar,
  Plan,
  PutContext,
  SessionDocument,
  SharedValue,
  Usage,
} from '@signalbox/contracts'

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

export interface PlanQuestion {
  goal: string
  conversation: Conversation
  agents: AgentSummary[]
  /** How many levels of sub-plans may still be nested. */
  levels: number
  previous?: unknown
  faults?: string[]
  /** The plan that runs, where it is to be revised. */
  current?: { plan: Plan; nodes: NodeSoFar[]; reason: string }
}

export interface Planner {
  draw(request: PlanQuestion, signal: AbortSignal): Promise<PlanDraft>
}

/** What people said that a task waits for. */
export interface NodeReply {
  /** Idempotency key: the same reply again has the same. */
  key: string
  decisions: ApprovalDecisionPart[]
  /** For each decision, the sha256 of the arguments that were asked for: an agent that waits for others by now must not take it for theirs. */
  decidedOn: string[]
  text: string | undefined
  /** The questions that the text answers. */
  answers: string[]
}

/** One try of one piece of work. `key` is the message id and the idempotency key. */
export interface NodeCall {
  agent: string
  key: string
  skill: string | undefined
  instruction: string
  goal: string
  conversation: Conversation
  inputs: NodeInput[]
  context: Readonly<Record<string, SharedValue>>
  /** Ids of the sessions that this is done for, this one last. */
  lineage: readonly string[]
  /** What is left to spend. */
  budget: Budget
  /** Whose session it is. */
  owner: string
  /** The A2A task of an earlier life of this same try, to take up again. */
  taskId?: string | undefined
  /** What the task waits for: people's decisions, and their answer. The same reply again has the same key. */
  reply?: NodeReply | undefined
}

/** Whom an agent waits for. */
export type NodeWait =
  /** A person's word for what it wants to do; `statement` is what it says about it. */
  | { type: 'asks'; asks: AgentAsk[]; statement: string }
  | { type: 'question'; text: string }
  /** A sub-plan's session waits for these. */
  | { type: 'relay'; session: string; asks: Ask[] }

/** What is heard of a try, in order. The last is `end`; a failure is thrown as an `AppError`. */
export type NodeSignal =
  | { type: 'task'; taskId: string }
  | { type: 'progress'; text: string }
  | { type: 'delta'; text: string }
  /** An artifact is whole: nothing more will be appended to it. */
  | { type: 'artifact'; artifact: NodeOutput }
  /** What the try has spent up to now. */
  | { type: 'usage'; usage: Usage }
  | { type: 'context'; put: PutContext[] }
  /** The task has heard the reply. */
  | { type: 'replied' }
  /** It waits for people, and nothing more is heard of it before they have spoken. Instead of `end`. */
  | { type: 'wait'; wait: NodeWait; usage: Usage | undefined }
  | { type: 'end'; output: NodeOutput; usage: Usage | undefined }

export interface AgentCaller {
  call(call: NodeCall, signal: AbortSignal): AsyncIterable<NodeSignal>
  /** What a task that waited for people waits for now; `nobody` where it has gone on, undefined where that cannot be known. Never throws. */
  look(agent: string, taskId: string, signal: AbortSignal): Promise<NodeWait | 'nobody' | undefined>
  /** Tells an agent that its task is not wanted any more. Never throws. */
  cancel(agent: string, taskId: string): Promise<void>
}

/** What a person or another service tells a session while it runs, and where it stands in the inbox. */
export interface InboxEntry {
  position: number
  message:
    | { type: 'cancel'; reason?: string | undefined }
    | { type: 'pause' }
    | { type: 'resume' }
    | { type: 'approval'; id: string }
    | { type: 'answer'; text: string; key: string; question?: string | undefined }
    | { type: 'look' }
}

/** The held session: what the driver reads and writes of the store. */
export interface SessionHandle {
  readonly document: SessionDocument
  /** True where an earlier drive had begun. */
  readonly resumed: boolean
  save(document: SessionDocument, events: NewSessionEvent[], consumed?: number): Promise<void>
  append(events: NewSessionEvent[]): Promise<void>
  /** Saves and lets go of the session; false, and nothing done, where its inbox holds more than `consumed`. */
  park(document: SessionDocument, events: NewSessionEvent[], consumed?: number): Promise<boolean>
  /** Messages as they come, each once. */
  heed(signal: AbortSignal): AsyncIterable<InboxEntry>
}

/** Who sees what the core does: spans, metrics and log lines, in one place. */
export interface Observer {
  session<Result>(document: SessionDocument, resumed: boolean, work: () => Promise<Result>): Promise<Result>
  planning<Result>(work: (note: (facts: { nodes: number; repairs: number }) => void) => Promise<Result>): Promise<Result>
  node<Result>(facts: { node: string; agent: string; attempt: number; needs: readonly string[] }, work: () => Promise<Result>): Promise<Result>
  nodeEnded(facts: { node: string; agent: string; state: string; attempts: number; fault?: Fault | undefined }): void
  sessionEnded(document: SessionDocument): void
}
