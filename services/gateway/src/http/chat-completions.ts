import { setImmediate } from 'node:timers/promises'

import { readChatRequest, type ReadChatRequest } from '@signalbox/openai-wire'
import type { Telemetry } from '@signalbox/telemetry'

import type { UpstreamRequest } from '../adapters/model-upstream.ts'
import type { SpeculationWatch } from '../adapters/transport-metrics.ts'
import type { Decider, Decision } from '../core/decide.ts'
import type { ExplainTools } from '../core/explain-route.ts'
import type { Route } from '../core/route.ts'
import type { RoutingPolicy } from '../core/routing-policy.ts'
import { toRoutingQuestion } from '../core/routing-question.ts'
import { answerComplex, type ComplexPath } from './complex/answer-complex.ts'
import { explainChat, wantsExplanation } from './explain-chat.ts'
import type { Exchange } from './gateway-env.ts'
import { readJsonBody } from './read-body.ts'
import { requireKnownAlias } from './require-known-alias.ts'
import { relay } from './simple/relay.ts'
import { noteRelayed, toCaller, toUpstreamRequest, type SimplePath } from './simple/simple-path.ts'
import { speculate } from './simple/speculate.ts'
import { toRoutingFacts, toTurns } from './to-routing-facts.ts'
import { withCaller, type AnsweringTo } from './with-caller.ts'

export interface ChatOptions extends SimplePath {
  telemetry: Telemetry
  maxBodyBytes: number
  decide: Decider
  /** Whether to call the model while a request's way is still being judged, where its policy does not say. */
  speculates: boolean
  speculation: SpeculationWatch
  complex: ComplexPath
  /** What a request is explained with that only wants to know its way. */
  explain: ExplainTools
}

/** `POST /v1/chat/completions`: read, route, and go the way that the route says. */
export function answerChat(options: ChatOptions): (c: Exchange) => Promise<Response> {
  return (c) =>
    withCaller(c, options.telemetry, async (to) => {
      const read = readChatRequest(await readJsonBody(c.env.incoming, options.maxBodyBytes))
      const { model, stream } = read.request
      requireKnownAlias(model)
      if (wantsExplanation(c)) return explainChat(c, read, to, options.explain)
      const record = c.get('record')
      record.model = model
      record.stream = stream === true
      const decision = decide(c, read, options.decide, to)
      const asked = { read, policy: decision.policy }
      // Waited for here: a promise that is handed on costs three turns of the queue.
      if ('settled' in decision) return await answerDecided(c, asked, decision.settled, to, options)
      if (decision.policy.speculate ?? options.speculates) return await answerSpeculating(c, asked, decision.judge, to, options)
      return await answerDecided(c, asked, await decision.judge(), to, options)
    })
}

interface AskedChat {
  read: ReadChatRequest
  policy: RoutingPolicy
}

function decide(c: Exchange, { request }: ReadChatRequest, decider: Decider, { caller }: AnsweringTo): Decision {
  const turns = toTurns(request)
  return decider({
    owner: c.get('owner'),
    facts: toRoutingFacts(request, c.env.incoming.headers, turns),
    question: () => toRoutingQuestion(turns),
    signal: () => caller.signal,
  })
}

function answerDecided(c: Exchange, asked: AskedChat, route: Route, to: AnsweringTo, options: ChatOptions): Promise<Response> {
  noteRoute(c, route, to)
  if (route.needs_orchestration) return answerComplex(c, { read: asked.read, route, headers: to.headers, signal: to.caller.signal }, options.complex)
  return noteRelayed(c, relay(options.upstream, toChatRequest(c, asked), toCaller(c, to, options.stopBell)))
}

/** The model answers while the way is still being judged; where it turns out to be wanted, no time was lost. */
async function answerSpeculating(c: Exchange, asked: AskedChat, judge: () => Promise<Route>, to: AnsweringTo, options: ChatOptions): Promise<Response> {
  const speculation = speculate(options.upstream, toChatRequest(c, asked), toCaller(c, to, options.stopBell), options.speculation)
  let route: Route
  try {
    // Asked behind the model, and behind the models of all that came with it: what it takes to ask is then no time of theirs.
    await setImmediate()
    route = await judge()
  } catch (error) {
    speculation.abandon()
    throw error
  }
  if (route.needs_orchestration) {
    speculation.waste()
    return answerDecided(c, asked, route, to, options)
  }
  noteRoute(c, route, to)
  return noteRelayed(c, speculation.release())
}

function toChatRequest(c: Exchange, { read, policy }: AskedChat): UpstreamRequest {
  return toUpstreamRequest(c, {
    path: '/chat/completions',
    body: policy.upstreamModel === undefined ? read.bytes : read.withModel(policy.upstreamModel),
    stream: read.request.stream === true,
  })
}

function noteRoute(c: Exchange, route: Route, { says }: AnsweringTo): void {
  says.sayRoute(route)
  const record = c.get('record')
  record.route = route.needs_orchestration ? 'complex' : 'simple'
  record.routeSource = route.source
  record.routeReason = route.reason
  if (route.milliseconds !== undefined) record.routeMs = route.milliseconds
  if (route.confidence !== undefined) record.routeConfidence = route.confidence
}
