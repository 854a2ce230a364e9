import type { RoutingDecision } from '@signalbox/contracts'

import { classify, type ClassifyOptions, type RoutingQuestion } from './classify.ts'
import { route, type Route } from './route.ts'
import type { RoutingFacts } from './routing-facts.ts'

export interface DecideRequest {
  owner: string
  facts: RoutingFacts
  /** Made only where somebody has to judge it. */
  question: () => RoutingQuestion
  /** Aborts when the caller leaves. Made only where somebody is asked. */
  signal: () => AbortSignal
}

/**
 * What is known of a request's way at once, or what is still being judged. What is pending comes to `simple` when the
 * judge fails, and is rejected only with `canceled`, when the caller has left.
 */
export type Decision = { settled: Route } | { pending: Promise<RoutingDecision> }

/** Decides which way requests go. @throws AppError for wishes that exclude each other. */
export type Decider = (request: DecideRequest) => Decision

export function createDecider(classifying: ClassifyOptions): Decider {
  return ({ owner, facts, question, signal }) => {
    const settled = route(facts)
    return settled ? { settled } : { pending: classify(question(), { owner, signal: signal() }, classifying) }
  }
}
