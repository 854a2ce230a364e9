import type { RiskLevel, SessionEvent, SessionView, Usage } from '@signalbox/contracts'

/** An approval that a session waits for, as its session tells of it. */
export interface OpenApproval {
  id: string
  agent: string
  /** The agent's own words: not to be believed. */
  title: string
  risk: RiskLevel
  expires_at: string
  /** The session in whose name it was asked, where that is a sub-plan's. */
  session?: string
}

/** A question that nobody has answered. */
export interface OpenQuestion {
  id: string
  agent: string
  text: string
}

/** What a session waits for from people. Both may be empty: somebody waits behind another agent. */
export interface OpenAsks {
  approvals: OpenApproval[]
  questions: OpenQuestion[]
}

/** How a turn ends in which nothing goes on but for people: with what they are asked. */
export interface Awaiting extends OpenAsks {
  type: 'awaiting'
  status: 'awaiting_approval' | 'awaiting_input'
  /** What the session has spent up to now. */
  usage: Usage
}

/** True where nothing is at work, and nothing can go on but for people. */
export function waitsForPeople({ status, waiting_at: since }: Pick<SessionView, 'status' | 'waiting_at'>): boolean {
  return since !== null && (status === 'waiting_approval' || status === 'waiting_input')
}

/** What of a session is open as it stands, in the order in which it was asked. */
export function readOpenAsks({ asks, questions, nodes }: Pick<SessionView, 'asks' | 'questions' | 'nodes'>): OpenAsks {
  return {
    approvals: Object.values(asks)
      .filter(({ state }) => state === 'open')
      .map(({ id, agent, action, risk, expires_at, relayed }) => ({
        id,
        agent,
        title: action.title,
        risk: risk.level,
        expires_at,
        ...(relayed !== undefined && { session: relayed }),
      })),
    questions: Object.values(questions)
      .filter(({ answer, told, node }) => answer === null && !told && nodes[node]?.state === 'waiting')
      .map(({ id, agent, text }) => ({ id, agent, text })),
  }
}

/**
 * What a session waits for, kept up with its events.
 *
 * 1. A session waits from the moment it says so until it is at work again, or until nothing that it named is open.
 * 2. An event alone need not tell that it is at work again: whoever has waited for long looks at the session.
 */
export interface WaitWatch {
  /** What is open while the session waits; undefined while it does not. */
  readonly waiting: OpenAsks | undefined
  look(view: SessionView): void
  hear(event: SessionEvent): void
  /** What it waits for has been given already, and is on its way. */
  dismiss(): void
}

export function createWaitWatch(): WaitWatch {
  let isWaiting = false
  let open: OpenAsks = { approvals: [], questions: [] }
  const close = (id: string): void => {
    const without = { approvals: open.approvals.filter((one) => one.id !== id), questions: open.questions.filter((one) => one.id !== id) }
    const wasLast = open.approvals.length + open.questions.length > 0 && without.approvals.length + without.questions.length === 0
    open = without
    if (wasLast) isWaiting = false
  }
  return {
    get waiting() {
      return isWaiting ? open : undefined
    },
    look(view) {
      open = readOpenAsks(view)
      isWaiting = waitsForPeople(view)
    },
    hear(event) {
      switch (event.type) {
        case 'approval.requested': {
          const { approval: id, agent, title, risk, expires_at } = event
          if (!open.approvals.some((known) => known.id === id)) open = { ...open, approvals: [...open.approvals, { id, agent, title, risk, expires_at }] }
          return
        }
        case 'input.requested': {
          const { question: id, agent, text } = event
          if (!open.questions.some((known) => known.id === id)) open = { ...open, questions: [...open.questions, { id, agent, text }] }
          return
        }
        case 'approval.decided':
        case 'approval.expired':
        case 'approval.superseded':
          return close(event.approval)
        case 'input.received':
          return close(event.question)
        case 'session.waiting':
          isWaiting = true
          return
        default:
          if (!QUIET.has(event.type)) isWaiting = false
      }
    },
    dismiss() {
      isWaiting = false
    },
  }
}

/** What happens without anybody being at work. */
const QUIET: ReadonlySet<SessionEvent['type']> = new Set(['session.created', 'approval.held', 'node.waiting'])
