import { isSessionId, type RoutingDecision } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { readAgentTurn } from './agent-turn.ts'
import { readBackgroundCall } from './background-call.ts'
import { isModelAlias, MODEL_ALIASES } from './model-aliases.ts'
import type { SessionBudget } from './orchestrator.ts'
import type { RoutingFacts } from './routing-facts.ts'
import type { RoutingPolicy } from './routing-policy.ts'

/** A decision, and the session that it is about where it is about one. */
export interface Route extends RoutingDecision {
  session?: string
  /** The most that a session may spend that is begun for it. */
  budget?: SessionBudget
  /** How long it took to decide. */
  milliseconds?: number
}

/** What of a policy the rules look at. */
export type RoutePolicy = Pick<RoutingPolicy, 'route' | 'orchestrate' | 'rules'>

/** Told of every step in turn, and what came of it: `complex`, or in words why it did not decide. */
export type ConsiderNote = (rule: string, outcome: string) => void

interface RoutingRule {
  name: string
  decide(facts: RoutingFacts, policy: RoutePolicy): Route | undefined
}

const NO_POLICY: RoutePolicy = { route: undefined, orchestrate: true, rules: {} }

/** In this order; the first that decides is the decision. Where none does, the request is judged. */
export const ROUTING_RULES: readonly RoutingRule[] = [
  {
    name: 'the caller’s wish, by header',
    decide({ skip, force }, policy) {
      if (skip && force)
        throw new AppError('invalid_request', 'X-Skip-Orchestration and X-Force-Orchestration exclude each other.', { param: 'X-Force-Orchestration' })
      if (skip) return simple('header', 'X-Skip-Orchestration')
      if (!force) return undefined
      requireOrchestrating(policy, 'X-Force-Orchestration')
      return complex('header', 'X-Force-Orchestration')
    },
  },
  {
    name: 'the caller’s wish for the model itself',
    decide: ({ model }) => (model === MODEL_ALIASES.simple ? simple('model_alias', `model ${model}`) : undefined),
  },
  {
    name: 'a session that the caller named',
    decide({ session }) {
      if (session === undefined) return undefined
      if (!isSessionId(session)) throw new AppError('not_found', 'There is no such session.', { param: 'X-Session-Id' })
      return { ...complex('session', `session ${session}`), session }
    },
  },
  {
    // Only where the choice is ours: a caller of a model by its own name wants that model, whatever the text says.
    name: 'a session that the replayed answer speaks of',
    decide: ({ model, sessionHint }, policy) =>
      sessionHint === undefined || !isChoiceOurs(model, policy) ? undefined : { ...complex('session', `session ${sessionHint}`), session: sessionHint },
  },
  {
    // Behind the sessions: a conversation that is held under this name goes on with what it has begun.
    name: 'the caller’s wish for orchestration, by model',
    decide({ model }, policy) {
      if (model !== MODEL_ALIASES.orchestrated) return undefined
      requireOrchestrating(policy, 'model')
      return complex('model_alias', `model ${model}`)
    },
  },
  {
    name: 'the caller wants direct control of the model',
    decide: ({ directControl }) => (directControl === undefined ? undefined : simple('request_shape', directControl)),
  },
  {
    name: 'a coding agent’s turn',
    decide(facts) {
      const agent = readAgentTurn(facts)
      return agent === undefined ? undefined : simple('request_shape', `a turn of ${agent}, which has tools of its own`)
    },
  },
  {
    name: 'a chat UI’s background call',
    decide(facts) {
      const call = readBackgroundCall(facts)
      return call === undefined ? undefined : simple('background_call', `a chat UI's call for ${call}`)
    },
  },
  {
    name: 'the operator’s policy',
    decide(_facts, { route: way, orchestrate, rules }) {
      if (way === 'simple') return simple('policy', `always simple, by ${describeRule(rules.route)}`)
      if (way === 'complex' && orchestrate) return complex('policy', `always complex, by ${describeRule(rules.route)}`)
      return orchestrate ? undefined : simple('policy', `the key may not orchestrate, by ${describeRule(rules.orchestrate)}`)
    },
  },
  {
    name: 'a model by its own name',
    decide: ({ model }, policy) => (isChoiceOurs(model, policy) ? undefined : simple('model_name', 'an upstream model by its own name')),
  },
]

/** @throws AppError for wishes that exclude each other, or that the key may not have. */
export function route(facts: RoutingFacts, policy: RoutePolicy = NO_POLICY, note?: ConsiderNote): Route | undefined {
  for (const rule of ROUTING_RULES) {
    const decision = rule.decide(facts, policy)
    note?.(rule.name, decision ? toWay(decision) : 'does not apply')
    if (decision) return decision
  }
  return undefined
}

export function toWay({ needs_orchestration: isComplex }: Pick<RoutingDecision, 'needs_orchestration'>): 'simple' | 'complex' {
  return isComplex ? 'complex' : 'simple'
}

/** By an alias, or where the operator has said that requests for this model are judged. */
function isChoiceOurs(model: string, policy: RoutePolicy): boolean {
  return policy.route === 'auto' || isModelAlias(model)
}

function requireOrchestrating({ orchestrate, rules }: RoutePolicy, param: string): void {
  if (orchestrate) return
  const words = `${param}: this key may not orchestrate (${describeRule(rules.orchestrate)}). Leave the wish out, or use the model ${MODEL_ALIASES.simple}.`
  throw new AppError('permission_denied', words, { param })
}

function describeRule(id: string | undefined): string {
  return id === undefined || id === 'defaults' ? 'the defaults of the routing rules' : `routing rule ${id}`
}

function simple(source: Route['source'], reason: string): Route {
  return { needs_orchestration: false, source, reason }
}

function complex(source: Route['source'], reason: string): Route {
  return { needs_orchestration: true, source, reason }
}
