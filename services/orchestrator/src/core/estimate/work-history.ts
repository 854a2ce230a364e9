import type { NodeState, SessionDocument, Usage } from '@signalbox/contracts'

/** What one piece of work took, once. `seconds` is undefined where it waited for people meanwhile. */
export interface WorkSample {
  seconds: number | undefined
  tokens: number
  /** Null where a model's price is not known. */
  usd: number | null
}

/** What work took in sessions that have ended. */
export interface WorkHistory {
  /** By one agent with one skill; of all its skills where too few are known of that one. */
  of(agent: string, skill: string | undefined): readonly WorkSample[]
  /** How many items lists had that a `map` went over. */
  items: readonly number[]
  sessions: number
}

/** So few say nothing about a skill; its agent's other work then has to. */
export const FEWEST = 3

export function toWorkHistory(documents: readonly SessionDocument[]): WorkHistory {
  const bySkill = new Map<string, WorkSample[]>()
  const byAgent = new Map<string, WorkSample[]>()
  const items: number[] = []
  for (const document of documents) {
    const skills = new Map((document.plan?.nodes ?? []).map((node) => [node.id, 'skill' in node ? node.skill : undefined]))
    const branches = new Map<string, number>()
    const hadPeople = new Set([...Object.values(document.asks), ...Object.values(document.questions)].map(({ node }) => node))
    for (const [id, state] of Object.entries(document.nodes)) {
      if (state.branch?.role === 'item') branches.set(state.branch.of, (branches.get(state.branch.of) ?? 0) + 1)
      if (state.state !== 'completed' || isTakenApart(document, id, state)) continue
      const sample = toSample(state, hadPeople.has(id))
      add(byAgent, state.agent, sample)
      add(bySkill, toKey(state.agent, state.branch?.skill ?? skills.get(id)), sample)
    }
    items.push(...branches.values())
  }
  return {
    items,
    sessions: documents.length,
    of(agent, skill) {
      const exact = bySkill.get(toKey(agent, skill)) ?? []
      return skill === undefined || exact.length < FEWEST ? (byAgent.get(agent) ?? []) : exact
    },
  }
}

/** What a `map` or `vote` took is what its branches did. */
function isTakenApart({ plan }: SessionDocument, id: string, { branch }: NodeState): boolean {
  const kind = branch ? 'agent' : plan?.nodes.find((node) => node.id === id)?.kind
  return kind === 'map' || kind === 'vote' || kind === 'approval'
}

function toSample({ started_at: startedAt, finished_at: finishedAt, usage, waits_for: waits }: NodeState, hadPeople: boolean): WorkSample {
  const isTimed = startedAt !== undefined && finishedAt !== undefined && !hadPeople && waits === undefined
  return {
    seconds: isTimed ? Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000 : undefined,
    ...toSpent(usage),
  }
}

/** Work that asked no model has spent nothing. */
function toSpent(usage: Usage | undefined): Pick<WorkSample, 'tokens' | 'usd'> {
  return usage && usage.total_tokens > 0 ? { tokens: usage.total_tokens, usd: usage.cost_usd } : { tokens: 0, usd: 0 }
}

function add(samples: Map<string, WorkSample[]>, key: string, sample: WorkSample): void {
  const known = samples.get(key)
  if (known) known.push(sample)
  else samples.set(key, [sample])
}

function toKey(agent: string, skill: string | undefined): string {
  return `${agent}\n${skill ?? ''}`
}
