import { AppError } from '@signalbox/errors'
import type { ReadChatRequest } from '@signalbox/openai-wire'
import { readResponsesRequest, toChatOutline, toResponseObject, type ConversationItem, type ReadResponsesRequest } from '@signalbox/openai-wire/responses'

import type { Decision } from '../../core/decide.ts'
import type { Route } from '../../core/route.ts'
import { requireAllowedModel } from '../../core/routing-policy.ts'
import { toRoutingQuestion } from '../../core/routing-question.ts'
import type { CallerPresence } from '../caller-presence.ts'
import { readWishes } from '../complex/wishes.ts'
import { explainChat, wantsExplanation } from '../explain-chat.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { readJsonBody } from '../read-body.ts'
import { requireKnownAlias } from '../require-known-alias.ts'
import { toRouteHeaders } from '../routing-headers.ts'
import { toCall } from '../session-call.ts'
import { toRoutingFacts, toTurns } from '../to-routing-facts.ts'
import { answerFromChat } from './answer-from-chat.ts'
import { nowInSeconds } from './now-in-seconds.ts'
import { answerFromSession } from './answer-from-session.ts'
import { runInBackground } from './begin-in-background.ts'
import { decideApprovals, readDecisions } from './decide-approvals.ts'
import { createResponseId } from './kept-responses.ts'
import { callModel } from './model-call.ts'
import { refreshResponse } from './refresh-response.ts'
import { readUpstreamTurn, relayCreated } from './relay-upstream.ts'
import { resolveConversation, type ResolvedConversation } from './resolve-conversation.ts'
import { answerInWords } from './response-faults.ts'
import type { ResponseRequest, ResponsesOptions } from './responses-options.ts'
import { callMeanwhile, toModelRequest, type HeldCall } from './to-model-request.ts'

/** `POST /v1/responses`: read, find what it goes on with, route, and go the way that the route says. */
export function createResponse(options: ResponsesOptions): (c: GatewayContext) => Promise<Response> {
  return (c) =>
    answerInWords(c, options.telemetry, async (to) => {
      const read = readResponsesRequest(await readJsonBody(c.env.incoming, options.maxBodyBytes))
      const { model, stream } = read.request
      requireKnownAlias(model)
      requireServed(read)
      // Before anything is read for it, or decided by it.
      requireAllowedModel(options.policies.of(c.get('owner'), model), model)
      const record = c.get('record')
      record.model = model
      record.stream = stream === true
      // What is said in a conversation is kept here, so it is told here too.
      const isKeptHere = read.request.conversation ? { ...options, mode: 'translate' as const } : options
      return answer(c, { read, headers: to.headers, caller: to.caller }, isKeptHere)
    })
}

type Request = Pick<ResponseRequest, 'read' | 'headers' | 'caller'>

async function answer(c: GatewayContext, { read, headers, caller }: Request, options: ResponsesOptions): Promise<Response> {
  const { request } = read
  const key = readKey(c, read, options)
  const id = createResponseId(key)
  const conversation = await resolve(c, read, { id, caller }, options)
  if (wantsExplanation(c))
    return explainChat(c, { ...(await toChat(read, conversation)), session: conversation.session?.id }, { caller, headers }, options.explain)
  const decided = await decideAsked(c, conversation, caller, options)
  const { policy, ...deciding } = decide(c, read, conversation, { session: decided ?? conversation.session?.id, caller }, options)
  const model = policy.upstreamModel ?? request.model
  const asked = { read, conversation, caller, model }
  // Where the model turns out to be wanted, no time was lost.
  const held = callMeanwhile(c, asked, { policy, ...deciding }, options)
  const decision = await settle(deciding, held)
  noteRoute(c, decision, headers)
  const initial = toResponseObject(request, { id, createdAt: nowInSeconds(), model: request.model })
  const response: ResponseRequest = { id, read, conversation, initial, headers, caller }
  if (decision.needs_orchestration) {
    held?.waste()
    const chat = await toChat(read, conversation)
    const isNoAnswer = decided !== undefined || !conversation.input.some(isWords)
    return answerFromSession(c, { ...response, chat, route: decision, idempotencyKey: key?.key, isNoAnswer }, options)
  }
  if (conversation.input.length === 0 && !request.prompt) throw missingInput()
  if (request.background === true && options.mode === 'translate') return runInBackground(c, response, model, options)
  const call = held?.release() ?? callModel(options, toModelRequest(c, asked, options), caller)
  return options.mode === 'passthrough' ? relayCreated(c, response, call, options) : answerFromChat(c, response, call, options)
}

async function settle(deciding: { settled: Route } | { judge: () => Promise<Route> }, held: HeldCall | undefined): Promise<Route> {
  if ('settled' in deciding) return deciding.settled
  try {
    return await deciding.judge()
  } catch (error) {
    held?.abandon()
    throw error
  }
}

/** The request as a chat, with all that was said before it. */
async function toChat(read: ReadResponsesRequest, conversation: ResolvedConversation): Promise<ReadChatRequest> {
  return { ...read, request: toChatOutline(read.request, [...(await conversation.readBefore()), ...conversation.input]) }
}

function noteRoute(c: GatewayContext, route: Route, headers: Record<string, string>): void {
  Object.assign(headers, toRouteHeaders(route))
  const record = c.get('record')
  record.route = route.needs_orchestration ? 'complex' : 'simple'
  record.routeSource = route.source
  record.routeReason = route.reason
  if (route.milliseconds !== undefined) record.routeMs = route.milliseconds
  if (route.confidence !== undefined) record.routeConfidence = route.confidence
}

/** What makes a request that came again the same: its key, also where its client said none. */
function readKey(c: GatewayContext, { request, bytes }: ReadResponsesRequest, { complex }: ResponsesOptions): { owner: string; key: string } {
  const owner = c.get('owner')
  const { idempotencyKey, retryCount } = readWishes(c.env.incoming.headers, request.metadata)
  return { owner, key: complex.duplicates.keyFor({ owner, body: bytes, givenKey: idempotencyKey, retryCount }) }
}

function resolve(
  c: GatewayContext,
  read: ReadResponsesRequest,
  { id, caller }: { id: string; caller: CallerPresence },
  options: ResponsesOptions,
): Promise<ResolvedConversation> {
  const call = () => toCall(c, caller.signal)
  return resolveConversation(
    read,
    { owner: c.get('owner'), id, followUpstream: options.mode === 'passthrough' },
    {
      kept: options.kept,
      conversations: options.conversations,
      refresh: (_owner, found) => refreshResponse(found, call(), options),
      readUpstream: (upstreamId, isElsewhere) => readUpstreamTurn(upstreamId, { isElsewhere, requestId: c.get('requestId'), signal: caller.signal }, options),
    },
  )
}

/** Decides what the request's own input decides. Answers the session that it goes on with. */
async function decideAsked(
  c: GatewayContext,
  { input, previous, session }: ResolvedConversation,
  caller: CallerPresence,
  options: ResponsesOptions,
): Promise<string | undefined> {
  const decisions = readDecisions(input)
  if (decisions.length === 0) return undefined
  const own = previous?.document.kind === 'ours' ? previous.document : undefined
  const { actor: _actor, ...call } = toCall(c, caller.signal)
  return decideApprovals(decisions, toCall(c, caller.signal), {
    approvals: options.approvals,
    consoleUrl: options.complex.consoleUrl(c.env.incoming),
    seen: own?.approvals ?? {},
    session: session?.id,
    findOwn: (id) => options.orchestrator.find(id, call),
  })
}

function decide(
  c: GatewayContext,
  { request }: ReadResponsesRequest,
  { before, input }: ResolvedConversation,
  { session, caller }: { session: string | undefined; caller: CallerPresence },
  { decide: decider }: ResponsesOptions,
): Decision {
  const chat = toChatOutline(request, [...before, ...input])
  const turns = toTurns(chat)
  const facts = toRoutingFacts(chat, c.env.incoming.headers, turns)
  return decider({
    owner: c.get('owner'),
    // What a response goes on with is named as plainly as a header names it.
    facts: { ...facts, session: facts.session ?? session },
    question: () => toRoutingQuestion(turns),
    signal: () => caller.signal,
  })
}

function isWords({ type, role }: ConversationItem): boolean {
  return type === 'message' && role === 'user'
}

/** @throws AppError for what nobody here can do. */
function requireServed({ request }: ReadResponsesRequest): void {
  const { conversation, input, previous_response_id: previous, prompt } = request
  if ((input === undefined || input === null || input.length === 0) && !previous && !prompt && !conversation) throw missingInput()
}

function missingInput(): AppError {
  return new AppError('invalid_request', "Missing required parameter: 'input'.", { param: 'input', details: { code: 'missing_required_parameter' } })
}
