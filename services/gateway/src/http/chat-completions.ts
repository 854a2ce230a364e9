import { AppError } from '@signalbox/errors'
import { readChatRequest, type ReadChatRequest } from '@signalbox/openai-wire'
import type { Telemetry } from '@signalbox/telemetry'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'

import type { ModelUpstream } from '../adapters/model-upstream.ts'
import type { Decider, Decision } from '../core/decide.ts'
import { isMistakenAlias, ALIAS_NAMES } from '../core/model-aliases.ts'
import type { Route } from '../core/route.ts'
import type { RoutingPolicy } from '../core/routing-policy.ts'
import { toRoutingQuestion } from '../core/routing-question.ts'
import type { StopBell } from '../core/stop-bell.ts'
import { answerComplex, type ComplexPath } from './complex/answer-complex.ts'
import { watchCaller, type CallerPresence } from './caller-presence.ts'
import type { Exchange } from './gateway-env.ts'
import { readJsonBody } from './read-body.ts'
import { leavesBodyUnread, refuseUnread } from './refuse-large-body.ts'
import { renderError, toKnownError } from './render-error.ts'
import { toRouteHeaders } from './routing-headers.ts'
import { relayChat } from './simple/relay-chat.ts'
import { toRoutingFacts, toTurns } from './to-routing-facts.ts'

export interface ChatOptions {
  telemetry: Telemetry
  upstream: ModelUpstream
  stopBell: StopBell
  maxBodyBytes: number
  decide: Decider
  complex: ComplexPath
}

/** `POST /v1/chat/completions`: read, route, and go the way that the route says. */
export function answerChat(options: ChatOptions): (c: Exchange) => Promise<Response> {
  return async (c) => {
    const { incoming, outgoing } = c.env
    const record = c.get('record')
    const headers: Record<string, string> = { 'x-request-id': c.get('requestId') }
    const caller = watchCaller(outgoing)
    try {
      const read = readChatRequest(await readJsonBody(incoming, options.maxBodyBytes))
      requireKnownAlias(read.request.model)
      record.model = read.request.model
      record.stream = read.request.stream === true
      const { policy, ...deciding } = decide(c, read, options.decide, caller)
      const decision: Route = 'settled' in deciding ? deciding.settled : await deciding.pending
      Object.assign(headers, toRouteHeaders(decision))
      Object.assign(record, { route: headers['x-signalbox-route'], routeSource: decision.source, routeReason: decision.reason })
      if (decision.needs_orchestration) return await answerComplex(c, { read, route: decision, headers, signal: caller.signal }, options.complex)
      return await answerSimple(c, { read, policy, headers, caller }, options)
    } catch (error) {
      const known = toKnownError(error, options.telemetry)
      record.errorCode = known.code
      if (caller.left) record.disconnected = true
      if (caller.left || outgoing.headersSent) return RESPONSE_ALREADY_SENT
      return leavesBodyUnread(c, known) ? refuseUnread(c, known, headers) : renderError(known, options.telemetry, headers)
    }
  }
}

function decide(c: Exchange, { request }: ReadChatRequest, decider: Decider, caller: CallerPresence): Decision {
  const turns = toTurns(request)
  return decider({
    owner: c.get('owner'),
    facts: toRoutingFacts(request, c.env.incoming.headers, turns),
    question: () => toRoutingQuestion(turns),
    signal: () => caller.signal,
  })
}

async function answerSimple(
  c: Exchange,
  { read, policy, headers, caller }: { read: ReadChatRequest; policy: RoutingPolicy; headers: Record<string, string>; caller: CallerPresence },
  options: ChatOptions,
): Promise<Response> {
  const { request } = read
  const record = c.get('record')
  const outcome = await relayChat(
    options.upstream,
    {
      body: policy.upstreamModel === undefined ? read.bytes : read.withModel(policy.upstreamModel),
      stream: request.stream === true,
      requestId: c.get('requestId'),
    },
    { outgoing: c.env.outgoing, presence: caller, headers, stopBell: options.stopBell },
  )
  record.bytes = outcome.bytes
  if (outcome.upstreamRequestId !== undefined) record.upstreamRequestId = outcome.upstreamRequestId
  if (outcome.fault) record.errorCode = outcome.fault.code
  return RESPONSE_ALREADY_SENT
}

function requireKnownAlias(model: string): void {
  if (!isMistakenAlias(model)) return
  throw new AppError('model_not_found', `model: '${model}' does not exist. Ours are ${ALIAS_NAMES.join(', ')}; any other name goes to the upstream as it is.`, {
    param: 'model',
  })
}
