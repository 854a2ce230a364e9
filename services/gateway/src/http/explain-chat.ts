import type { ReadChatRequest } from '@signalbox/openai-wire'
import { AppError } from '@signalbox/errors'

import { explainRoute, type ExplainTools } from '../core/explain-route.ts'
import { toRoutingQuestion } from '../core/routing-question.ts'
import { readBudget } from './complex/read-budget.ts'
import type { Exchange } from './gateway-env.ts'
import { readFlagHeader, toRouteHeaders } from './routing-headers.ts'
import { oneValue, toRoutingFacts, toTurns } from './to-routing-facts.ts'
import { toNewSession } from './to-new-session.ts'
import type { AnsweringTo } from './with-caller.ts'

/** Whether a chat request only wants to know which way it would go. @throws AppError for a header that is neither true nor false. */
export function wantsExplanation({ env }: Exchange): boolean {
  const given = env.incoming.headers['x-signalbox-explain']
  return given !== undefined && readFlagHeader('x-signalbox-explain', oneValue(given))
}

export interface AskedExplanation extends Pick<ReadChatRequest, 'request'> {
  /** The session that it goes on with, where that is known otherwise than by the request itself. */
  session?: string | undefined
}

/** Explains a request in place of answering it; as JSON also where a stream was asked for. */
export async function explainChat(
  c: Exchange,
  { request, session }: AskedExplanation,
  { caller, headers }: Pick<AnsweringTo, 'caller' | 'headers'>,
  tools: ExplainTools,
): Promise<Response> {
  const { incoming } = c.env
  const record = c.get('record')
  record.model = request.model
  record.explained = true
  const turns = toTurns(request)
  const facts = toRoutingFacts(request, incoming.headers, turns)
  const explanation = await explainRoute(
    {
      facts: { ...facts, session: facts.session ?? session },
      question: () => toRoutingQuestion(turns),
      toConversation: () => toNewSession(request, turns).conversation,
      budget: readBudget(incoming.headers, request.metadata),
      characters: turns.reduce((sum, { text }) => sum + text.length, 0),
      longestAnswer: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      withPlan: readPlanWish(incoming.url),
    },
    { owner: c.get('owner'), requestId: c.get('requestId'), signal: caller.signal },
    tools,
  )
  record.routeSource = explanation.source
  return Response.json(explanation, { headers: { ...headers, ...toRouteHeaders(explanation) } })
}

/** `?plan=false` leaves the plan out. */
function readPlanWish(url = ''): boolean {
  const wish = new URLSearchParams(url.split('?', 2)[1] ?? '').get('plan')
  if (wish === null || wish === '' || wish === 'true') return true
  if (wish === 'false') return false
  throw new AppError('invalid_request', 'plan: must be true or false.', { param: 'plan' })
}
