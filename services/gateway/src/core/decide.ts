import type { RoutingDecision, RoutingSource } from '@signalbox/contracts'

import type { Classifying, JudgedText } from './classify.ts'
import type { ConversationMemory } from './conversation-memory.ts'
import { route, toWay, type ConsiderNote, type Route } from './route.ts'
import type { RoutingFacts } from './routing-facts.ts'
import { requireAllowedModel, type RoutingPolicies, type RoutingPolicy } from './routing-policy.ts'
import type { RoutingQuestion } from './routing-question.ts'

export interface DecideRequest {
  owner: string
  facts: RoutingFacts
  /** Made only where somebody has to judge it. */
  question: () => RoutingQuestion
  /** Aborts when the caller leaves. Made only where somebody is asked. */
  signal: () => AbortSignal
  /** Told of every step. The decision is then only explained: nothing is remembered of it but the classifier's verdict. */
  note?: ConsiderNote
}

/**
 * What is known of a request's way at once, or how to have it judged, and the policy that it is under. `judge` is called
 * once, when everything that need not wait for it is under way; it comes to `simple` when the classifier fails, and is
 * rejected only with `canceled`, when the caller has left.
 */
export type Decision = ({ settled: Route } | { judge: () => Promise<Route> }) & { policy: RoutingPolicy }

/** Decides which way requests go. @throws AppError for wishes that exclude each other, and for what the key may not do. */
export type Decider = (request: DecideRequest) => Decision

/** The port to the judge that asks nobody. Says nothing where it is not sure; never throws. */
export interface LocalTier {
  judge(text: JudgedText): { needs_orchestration: boolean; confidence: number; reason: string } | undefined
}

export interface DeciderOptions {
  policies: RoutingPolicies
  memory: ConversationMemory
  classifying: Classifying
  local?: LocalTier | undefined
  /** Told of every decision, and how long it took, milliseconds. */
  onDecided?: ((source: RoutingSource, milliseconds: number) => void) | undefined
}

/**
 * In this order: the rules, with the operator's policy among them; what the conversation was decided to be, for words
 * that only go on with it; the cache; the local router, where it is sure; the classifier.
 *
 * 1. Everything but the classifier answers at once.
 * 2. Nothing is made before it is needed: requests that a rule decides cost no question, no key and no signal.
 * 3. What a request says of its own route is material. Only headers, the model's name and the operator's file decide.
 */
export function createDecider(options: DeciderOptions): Decider {
  const { policies, memory, onDecided } = options
  return (request) => {
    const begun = performance.now()
    const { owner, facts, note } = request
    const policy = policies.of(owner, facts.model)
    requireAllowedModel(policy, facts.model)
    const settle = (decision: Route): Route => {
      const took = performance.now() - begun
      if (!note) onDecided?.(decision.source, took)
      const milliseconds = Math.round(took * 1_000) / 1_000
      return policy.budget && decision.needs_orchestration ? { ...decision, milliseconds, budget: policy.budget } : { ...decision, milliseconds }
    }

    const ruled = route(facts, policy, note)
    if (ruled) {
      // Whoever goes on with it need not force it again.
      if (ruled.needs_orchestration && ruled.source === 'header' && policy.sticky && !note) remember(memory, owner, request.question(), ruled)
      return { settled: settle(ruled), policy }
    }

    const question = request.question()
    const judged = judgeAtOnce({ owner, question, policy, note }, options)
    if (judged) return { settled: settle(judged), policy }
    const judge = async (): Promise<Route> => {
      const decision = await options.classifying.ask(owner, question, request.signal())
      note?.('the classifier', decision.source === 'fail_open' ? decision.reason : toWay(decision))
      if (decision.source !== 'fail_open' && policy.sticky && !note) remember(memory, owner, question, decision)
      return settle(decision)
    }
    return { judge, policy }
  }
}

interface Judging {
  owner: string
  question: RoutingQuestion
  policy: RoutingPolicy
  note: ConsiderNote | undefined
}

/** What everybody says who needs no time to think; undefined where the classifier has to be asked. */
function judgeAtOnce(judging: Judging, options: DeciderOptions): Route | undefined {
  const { owner, question, policy, note } = judging
  const followed = judgeFollowUp(judging, options.memory)
  if (followed) return followed

  if (policy.classifier) {
    const known = options.classifying.recall(owner, question)
    note?.('the decision cache', known ? toWay(known) : 'does not know the question')
    if (known) return known
  }
  const local = judgeLocally(judging, options.local)
  if (local) return local
  if (policy.classifier) return undefined
  note?.('the classifier', 'is off')
  return { needs_orchestration: false, source: 'policy', reason: 'nobody is sure, and the routing rules have the classifier off' }
}

/**
 * Words that only go on with something go the way of what they go on with. What was complex stays so, whatever is
 * offered in between; what was simple is judged anew where something else was offered.
 */
function judgeFollowUp({ owner, question, policy, note }: Judging, memory: ConversationMemory): Route | undefined {
  const { follows, root } = question
  const step = 'what the conversation was before'
  if (!follows) {
    note?.(step, 'does not apply')
    return undefined
  }
  if (follows.kind === 'courtesy') {
    note?.(step, 'simple')
    return { needs_orchestration: false, source: 'sticky', reason: 'a courtesy asks for nothing, whatever came before it' }
  }
  const before = policy.sticky ? memory.recall({ owner, root, question: follows.earlier }) : undefined
  const decides = before && (before.needs_orchestration || question.question === follows.earlier)
  note?.(step, decides ? toWay(before) : before ? 'was simple, but something else is agreed to' : 'is not known: what it goes on with is judged')
  if (!decides) return undefined
  const way = toWay(before)
  return { needs_orchestration: before.needs_orchestration, source: 'sticky', reason: cut(`goes on with what was ${way} before: ${before.reason}`) }
}

function judgeLocally({ question, policy, note }: Judging, local: LocalTier | undefined): Route | undefined {
  const step = 'the local router'
  if (!local || policy.local === false) {
    note?.(step, 'is off')
    return undefined
  }
  const verdict = local.judge(question)
  const threshold = verdict ? policy.local[toWay(verdict)] : 0
  if (!verdict || verdict.confidence < threshold) {
    note?.(step, verdict ? `not sure enough: ${verdict.confidence.toFixed(2)} of ${threshold}` : 'is not sure')
    return undefined
  }
  note?.(step, toWay(verdict))
  return { needs_orchestration: verdict.needs_orchestration, source: 'local', reason: cut(verdict.reason), confidence: verdict.confidence }
}

function remember(memory: ConversationMemory, owner: string, { root, question, follows }: RoutingQuestion, decision: RoutingDecision): void {
  // What was offered and agreed to counts for what it goes on with: a conversation can become complex, and stays so.
  memory.remember({ owner, root, question: decision.needs_orchestration && follows ? follows.earlier : question }, decision)
}

function cut(reason: string): string {
  return reason.length <= 200 ? reason : `${reason.slice(0, 199)}…`
}
