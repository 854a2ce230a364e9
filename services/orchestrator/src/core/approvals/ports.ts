import type {
  Action,
  Actor,
  Approval,
  ApprovalDetail,
  ApprovalPage,
  ApprovalQuery,
  Ask,
  BulkDecision,
  BulkDecisionRequest,
  DecisionKind,
  DecisionRequest,
  Delivery,
  NodeApproval,
  Quorum,
  RiskLevel,
  SessionDocument,
} from '@signalbox/contracts'

/** What is to be done, as policies look at it. */
export interface JudgedAction {
  /** Who asks for a person: the plan's own word, the agent at work, or nobody but the policies. */
  source: 'plan' | 'policy' | 'agent'
  agent: string
  skill: string | undefined
  action: Action
  /** What plan or agent say about it; a policy may raise the risk, and never lowers it below what its rule says. */
  said: Partial<Pick<NodeApproval, 'risk' | 'why' | 'impact'>>
}

/** What the policies say of an action. Times are milliseconds. */
export interface Requirement {
  /** `ask` a person; `allow` and `deny` need none, and are decided by the policy itself. */
  effect: 'ask' | 'allow' | 'deny'
  risk: { level: RiskLevel; reasons: string[] }
  why: string | null
  policy: { id: string; version: string } | null
  allowed: DecisionKind[]
  quorum: Quorum
  on_timeout: 'reject' | 'approve'
  notify: string[] | null
  deadlineMs: number
  escalateAfterMs: number | null
  escalatesTo: string[]
  /** JSON pointers of what is masked, beside what the action itself says and what is masked by its name. */
  mask: string[]
}

export interface ApprovalPolicies {
  /** Undefined where nobody has to be asked, which is only so of source `policy`. Pure, and never throws. */
  judge(judged: JudgedAction): Requirement | undefined
  /** Whether anybody wrote any: without them nothing but plans and agents ask. */
  readonly hasRules: boolean
  /** The most approvals that one session may have open. */
  readonly mostOpen: number
  /** What masks and hashes of secrets are keyed with. */
  readonly seal: string
}

/** How an ask ended, as the ledger has it. `args` of an edit are masked as they were shown; what is masked keeps its value. */
export interface BookedOutcome {
  id: string
  state: 'approved' | 'rejected' | 'expired' | 'superseded'
  decision: DecisionKind
  by: string[]
  reason: string | null
  args?: Ask['action']['args']
  args_sha256: string
  at: string
}

/** The driver's side of the ledger. Throws `unavailable` where it is away. */
export interface ApprovalBook {
  /** Enters these asks of a session; those that are there already stay. */
  open(document: SessionDocument, asks: readonly Ask[]): Promise<void>
  /** Of these, those that have ended. */
  read(ids: readonly string[]): Promise<BookedOutcome[]>
  /** They are not asked any more: what was asked has gone its way without. Those that are decided stay. */
  supersede(ids: readonly string[], why: string): Promise<void>
}

/** On whose behalf something is looked at or done: the owner's, or an actor's. */
export interface Viewer {
  owner: string
  actor: Actor | undefined
}

/** People's side of the ledger. Throws `not_found` for what the viewer may not see, `permission_denied`, `conflict`, `invalid_request`. */
export interface ApprovalDesk {
  list(query: ApprovalQuery, viewer: Viewer): Promise<ApprovalPage>
  /** Notes that it was looked at, once for each actor. */
  get(id: string, viewer: Viewer): Promise<ApprovalDetail>
  decide(id: string, version: number, request: DecisionRequest, viewer: Viewer): Promise<Approval>
  decideMany(request: BulkDecisionRequest, viewer: Viewer): Promise<BulkDecision>
  extend(id: string, version: number, seconds: number, viewer: Viewer): Promise<Approval>
}

/** Which messages go out about an approval, to be written together with it. */
export interface Notifier {
  deliveriesFor(approval: Approval, event: Delivery['event']): Pick<Delivery, 'id' | 'channel' | 'event' | 'approval_id' | 'created_at'>[]
}
