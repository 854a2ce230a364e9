import type { AskView, Conversation, NodeOutput, Plan, SessionDetail, SessionEvent, SessionView } from '@signalbox/contracts'

import { applyEvent } from '../../src/live/live-session.ts'

type Unnumbered = SessionEvent extends infer E ? (E extends SessionEvent ? Omit<E, 'seq' | 'at'> : never) : never

/** An event, and how many seconds after the one before it happens. */
export type Beat = [afterS: number, event: Unnumbered]

export interface StoryFacts {
  id: string
  goal: string
  owner?: string
  /** Seconds ago that it began. */
  agoS: number
  beats: readonly Beat[]
  outputs?: Readonly<Record<string, NodeOutput>>
  asks?: readonly AskView[]
  answer?: SessionView['answer']
  conversation?: Conversation
  budget?: SessionView['budget']
  /** The beats that have happened when the server starts; the rest happen live, from then on. */
  played?: number
}

/** A session that is told by its events: what the orchestrator would have kept of it, at every moment. */
export interface Story {
  id: string
  owner: string
  events: SessionEvent[]
  pending: Beat[]
  detail(): SessionDetail
  /** Makes something happen now. */
  happen(event: Unnumbered): SessionEvent
  onEvent(listener: (event: SessionEvent) => void): () => void
}

export function createStory(facts: StoryFacts, now = Date.now()): Story {
  const { id, goal, owner = 'demo', agoS, beats, outputs = {}, asks = [], answer = null, conversation, budget = {}, played = beats.length } = facts
  const listeners = new Set<(event: SessionEvent) => void>()
  const events: SessionEvent[] = []
  let at = now - agoS * 1_000
  let view: SessionView = { ...emptyView(id, goal, new Date(at).toISOString()), budget }

  const take = (event: Unnumbered, moment: number): SessionEvent => {
    const numbered = { ...event, seq: events.length + 1, at: new Date(moment).toISOString() }
    events.push(numbered)
    view = withFacts(applyEvent(view, numbered), numbered)
    return numbered
  }
  /** What no event tells and the document holds. */
  const withFacts = (changed: SessionView, event: SessionEvent): SessionView => {
    const known = { ...changed }
    if (event.type === 'node.completed' && outputs[event.node])
      known.nodes = { ...known.nodes, [event.node]: { ...known.nodes[event.node]!, output: outputs[event.node] } }
    if (event.type === 'node.started' && known.nodes[event.node])
      known.nodes = { ...known.nodes, [event.node]: { ...known.nodes[event.node]!, epoch: event.attempt, task_id: `task_${id.slice(-4)}_${event.node}` } }
    if (event.type === 'approval.requested') {
      const ask = asks.find((candidate) => candidate.id === event.approval)
      if (ask) known.asks = { ...known.asks, [ask.id]: { ...ask, asked_at: event.at, state: 'open' } }
    }
    if (event.type === 'session.completed') known.answer = answer ?? { text: textOf(events), citations: event.citations }
    return known
  }
  for (const [afterS, event] of beats.slice(0, played)) {
    at += afterS * 1_000
    take(event, at)
  }
  return {
    id,
    owner,
    events,
    pending: beats.slice(played),
    detail: () => ({
      session: view,
      owner,
      conversation: conversation ?? [{ role: 'user', text: goal }],
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    }),
    happen(event) {
      const numbered = take(event, Date.now())
      for (const listener of listeners) listener(numbered)
      return numbered
    },
    onEvent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function textOf(events: readonly SessionEvent[]): string {
  return events.reduce((text, event) => (event.type === 'answer.delta' ? text.slice(0, event.offset) + event.text : text), '')
}

function emptyView(id: string, goal: string, createdAt: string): SessionView {
  return {
    schema: 1,
    id,
    status: 'active',
    goal,
    request_id: `req_${id.slice(4)}`,
    plan: null,
    plan_revision: 0,
    plan_source: null,
    plan_repairs: 0,
    nodes: {},
    answer: null,
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: 0 },
    error: null,
    lineage: [],
    budget: {},
    stopped: null,
    context: {},
    revisions: [],
    revising: null,
    dead_letters: [],
    asks: {},
    questions: {},
    held: false,
    waiting_at: null,
    paused_at: null,
    paused_ms: 0,
    wake_at: null,
    takeovers: 0,
    last_seq: 0,
    created_at: createdAt,
    updated_at: createdAt,
    finished_at: null,
  }
}

export function sessionId(name: string): string {
  return `ses_${name.padEnd(26, '0').slice(0, 26)}`
}

/** A plan's node for an agent. */
export function work(
  id: string,
  agent: string,
  instruction: string,
  needs: string[] = [],
  more: Partial<Plan['nodes'][number] & { skill: string }> = {},
): Plan['nodes'][number] {
  return { kind: 'agent', id, agent, instruction, needs, on_failure: 'fail', ...more } as Plan['nodes'][number]
}

export function started(node: string, agent: string, instruction: string, attempt = 1): Unnumbered {
  return { type: 'node.started', node, agent, instruction, attempt }
}

export function completed(node: string, agent: string, summary: string, tokens = 0): Unnumbered {
  return {
    type: 'node.completed',
    node,
    agent,
    summary,
    ...(tokens > 0 && {
      usage: { prompt_tokens: Math.round(tokens * 0.8), completion_tokens: Math.round(tokens * 0.2), total_tokens: tokens, cost_usd: tokens * 0.0000021 },
    }),
  }
}

/** An answer as it is written, a few words at a time. */
export function written(node: string, agent: string, text: string, paceS: number): Beat[] {
  const beats: Beat[] = []
  let offset = 0
  for (const piece of text.match(/\S+\s*|\s+/g) ?? []) {
    beats.push([paceS, { type: 'answer.delta', node, agent, offset, text: piece }])
    offset += piece.length
  }
  return beats
}
