import type { Considered, Conversation, Estimate, PlanPreview, PlanPreviewRequest, RouteExplanation, RoutingSource } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'

import type { Decider } from './decide.ts'
import type { Orchestrator, SessionBudget } from './orchestrator.ts'
import type { PlanDesk } from './plan-desk.ts'
import { toWay, type Route } from './route.ts'
import type { RoutingFacts } from './routing-facts.ts'
import { withinBudget, type RoutingPolicy } from './routing-policy.ts'
import type { RoutingQuestion } from './routing-question.ts'
import type { SessionCall } from './session-call.ts'

export interface ExplainTools {
  decide: Decider
  plans: PlanDesk
  orchestrator: Pick<Orchestrator, 'find'>
  /** How long a plan may take, seconds. */
  planSeconds: number
  classifierModel: string
  /** US dollars at list price; null where the model's is not known. */
  toCost: (model: string, tokens: { prompt: number; completion: number }) => number | null
}

/** A request as it would be decided about. */
export interface ExplainedRequest {
  facts: RoutingFacts
  question: () => RoutingQuestion
  /** What a session would begin with. @throws AppError naming what of the request no session can honour. */
  toConversation: () => Conversation
  /** What its caller would have the session keep within. */
  budget: SessionBudget | undefined
  /** All that the model would be sent, characters. */
  characters: number
  /** The longest answer that the caller takes, tokens. */
  longestAnswer: number | undefined
  withPlan: boolean
}

const QUESTION_CHARACTERS = 500
/** Of English; other languages take more tokens. */
const CHARACTERS_OF_A_TOKEN = 4
const USUAL_ANSWER = { low: 50, high: 1_000 }
const NOTHING_KNOWN = { cost_usd: null, tokens: null, seconds: null }

/**
 * Which way a request would go, and why, by the very steps that decide about it. Nothing is run: the classifier may be
 * asked, and the planner for the plan, but no session begins, no agent works and no model answers. What is refused when
 * it is asked is refused here in the same words.
 *
 * @throws AppError as the decision does, and where no session could honour a request that would begin one.
 */
export async function explainRoute(request: ExplainedRequest, call: SessionCall, tools: ExplainTools): Promise<RouteExplanation> {
  const considered: Considered[] = []
  let question: RoutingQuestion | undefined
  const begun = performance.now()
  const { policy, ...deciding } = tools.decide({
    owner: call.owner,
    facts: request.facts,
    question: () => (question ??= request.question()),
    signal: () => call.signal,
    note: (rule, outcome) => void considered.push({ rule, outcome }),
  })
  const route = 'settled' in deciding ? deciding.settled : await deciding.judge()
  const tookMs = performance.now() - begun
  const { model } = request.facts
  return {
    object: 'signalbox.route',
    route: toWay(route),
    needs_orchestration: route.needs_orchestration,
    reason: route.reason,
    source: route.source,
    ...(route.confidence !== undefined && { confidence: route.confidence }),
    judged_by: JUDGES[route.source](tools.classifierModel),
    question: question === undefined ? null : question.question.slice(0, QUESTION_CHARACTERS),
    considered,
    took_ms: Math.round(tookMs * 1_000) / 1_000,
    model,
    upstream_model: route.needs_orchestration ? null : (policy.upstreamModel ?? model),
    ...(route.session !== undefined && { session_id: route.session }),
    ...(Object.keys(policy.rules).length > 0 && { policy: { ...policy.rules } }),
    ...(route.needs_orchestration ? await explainPlan(request, route, call, tools) : { estimate: estimateReply(request, policy, tools) }),
  }
}

const JUDGES: Record<RoutingSource, (model: string) => string> = {
  header: () => 'the rules',
  model_alias: () => 'the rules',
  session: () => 'the rules',
  request_shape: () => 'the rules',
  background_call: () => 'the rules',
  model_name: () => 'the rules',
  policy: () => 'the operator’s policy',
  sticky: () => 'what the conversation was before',
  cache: (model) => `the classifier (${model}), a while ago`,
  local: () => 'the local router',
  classifier: (model) => `the classifier (${model})`,
  fail_open: () => 'nobody: the classifier could not decide',
}

type Planned = Pick<RouteExplanation, 'plan' | 'plan_note' | 'estimate'>

async function explainPlan(request: ExplainedRequest, route: Route, call: SessionCall, tools: ExplainTools): Promise<Planned> {
  if (route.session !== undefined) {
    // Nobody else's, and none that is not there: the request itself would be refused so.
    const { status } = await tools.orchestrator.find(route.session, call)
    const notes = [`The request goes on with a session that has begun (${status}); what it has left to do is in the session.`]
    return { estimate: { ...NOTHING_KNOWN, notes } }
  }
  const conversation = request.toConversation()
  if (!request.withPlan) return { estimate: { ...NOTHING_KNOWN, notes: ['What it takes is estimated by its plan, which was not asked for.'] } }
  const budget = withinBudget(request.budget, route.budget)
  try {
    const { object: _object, estimate, ...plan } = await preview({ conversation, deadline_s: tools.planSeconds, ...(budget && { budget }) }, call, tools.plans)
    return { plan, estimate }
  } catch (error) {
    const fault = toAppError(error)
    if (fault.code === 'canceled' || fault.code === 'internal') throw error
    return { plan: null, plan_note: fault.message, estimate: { ...NOTHING_KNOWN, notes: ['What it takes is estimated by its plan, which could not be had.'] } }
  }
}

function preview(request: PlanPreviewRequest, call: SessionCall, plans: PlanDesk): Promise<PlanPreview> {
  return plans.preview(request, call)
}

/** What one reply of the model takes. Its length is the only thing that is supposed, and the notes say so. */
function estimateReply({ facts, characters, longestAnswer }: ExplainedRequest, policy: RoutingPolicy, { toCost }: ExplainTools): Estimate {
  const prompt = Math.ceil(characters / CHARACTERS_OF_A_TOKEN)
  const most = longestAnswer ?? USUAL_ANSWER.high
  const low = Math.min(USUAL_ANSWER.low, most)
  const high = Math.min(USUAL_ANSWER.high, most)
  const model = policy.upstreamModel ?? facts.model
  const costs = [low, high].map((completion) => toCost(model, { prompt, completion }))
  const [lowest = null, highest = null] = costs
  return {
    tokens: { low: prompt + low, high: prompt + high },
    cost_usd: lowest === null || highest === null ? null : { low: lowest, high: highest },
    seconds: null,
    notes: [
      `About ${CHARACTERS_OF_A_TOKEN} characters are a token, and the answer is supposed to have ${low} to ${high}.`,
      ...(lowest === null ? [`The price of ${model.slice(0, 256)} is not known (LLM_PRICES_FILE).`] : []),
      'How long the model takes is not known here.',
    ],
  }
}
