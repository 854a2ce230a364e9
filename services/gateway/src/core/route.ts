import { isSessionId, type RoutingDecision } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import { readBackgroundCall } from './background-call.ts'
import { isModelAlias, MODEL_ALIASES } from './model-aliases.ts'
import type { RoutingFacts } from './routing-facts.ts'

/** A decision, and the session that it is about where it is about one. */
export interface Route extends RoutingDecision {
  session?: string
}

interface RoutingRule {
  name: string
  decide(facts: RoutingFacts): Route | undefined
}

/** In this order; the first that decides is the decision. Where none does, the classifier is asked. */
export const ROUTING_RULES: readonly RoutingRule[] = [
  {
    name: 'the caller’s wish, by header',
    decide({ skip, force }) {
      if (skip && force)
        throw new AppError('invalid_request', 'X-Skip-Orchestration and X-Force-Orchestration exclude each other.', { param: 'X-Force-Orchestration' })
      if (skip) return simple('header', 'X-Skip-Orchestration')
      return force ? complex('header', 'X-Force-Orchestration') : undefined
    },
  },
  {
    name: 'the caller’s wish, by model',
    decide({ model }) {
      if (model === MODEL_ALIASES.simple) return simple('model_alias', `model ${model}`)
      return model === MODEL_ALIASES.orchestrated ? complex('model_alias', `model ${model}`) : undefined
    },
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
    decide: ({ model, sessionHint }) =>
      sessionHint === undefined || !isModelAlias(model) ? undefined : { ...complex('session', `session ${sessionHint}`), session: sessionHint },
  },
  {
    name: 'the caller wants direct control of the model',
    decide: ({ directControl }) => (directControl === undefined ? undefined : simple('request_shape', directControl)),
  },
  {
    name: 'a chat UI’s background call',
    decide(facts) {
      const call = readBackgroundCall(facts)
      return call === undefined ? undefined : simple('background_call', `a chat UI's call for ${call}`)
    },
  },
  {
    name: 'a model by its own name',
    decide: ({ model }) => (isModelAlias(model) ? undefined : simple('model_name', 'an upstream model by its own name')),
  },
]

export function route(facts: RoutingFacts): Route | undefined {
  for (const rule of ROUTING_RULES) {
    const decision = rule.decide(facts)
    if (decision) return decision
  }
  return undefined
}

function simple(source: Route['source'], reason: string): Route {
  return { needs_orchestration: false, source, reason }
}

function complex(source: Route['source'], reason: string): Route {
  return { needs_orchestration: true, source, reason }
}
