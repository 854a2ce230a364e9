import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Approval } from '@signalbox/contracts'
import { toAppError, type AppError } from '@signalbox/errors'
import { createResponseComposer, type ResponseComposer, type ResponseEvent } from '@signalbox/openai-wire/responses'

import type { Heard } from '../../core/hear-turn.ts'
import type { Route } from '../../core/route.ts'
import type { Awaiting, OpenApproval } from '../../core/waiting-for-people.ts'
import { toOpeningStatus } from '../complex/answer-complex.ts'
import { holdTurn, type Turn } from '../complex/hold-turn.ts'
import { isForApproval, toApprovalError } from '../complex/render-awaiting.ts'
import { readWishes, type Wishes } from '../complex/wishes.ts'
import type { GatewayContext } from '../gateway-env.ts'
import { toCall } from '../session-call.ts'
import { nowInSeconds } from './now-in-seconds.ts'
import { renderResponseError, toResponseFault } from './response-faults.ts'
import type { ResponseSession } from './response-document.ts'
import { openResponseStream } from './response-stream.ts'
import type { ResponseRequest, ResponsesOptions } from './responses-options.ts'
import { takesApprovalItem } from './takes-approval-item.ts'
import { createProgressFilter, tellAwaiting, tellCompleted, toApprovalRequest, type SessionPlace } from './tell-response.ts'
import { beginInBackground } from './begin-in-background.ts'
import type { ReadChatRequest } from '@signalbox/openai-wire'

export interface SessionRequest extends ResponseRequest {
  /** The request as a chat, for what a session begins with. */
  chat: ReadChatRequest
  route: Route
  /** Under which a new session is known. */
  idempotencyKey: string | undefined
  /** There is nothing in it that could answer a question. */
  isNoAnswer: boolean
}

/** The complex path: begins a session, or goes on with one, and tells its turn as a response. */
export async function answerFromSession(c: GatewayContext, request: SessionRequest, options: ResponsesOptions): Promise<Response> {
  const { caller, headers, chat, route, isNoAnswer, idempotencyKey, conversation } = request
  const wishes = readWishes(c.env.incoming.headers, chat.request.metadata)
  const toldUntil = conversation.session?.id === route.session ? conversation.session?.told_until : undefined
  const turn = {
    ...{ read: chat, route, headers, wishes, isNoAnswer, signal: caller.signal },
    ...(toldUntil !== undefined && { toldUntil }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
  return holdTurn(c, turn, options.complex, async (held) => {
    const place = { sessionId: held.session.id, consoleUrl: options.complex.consoleUrl(c.env.incoming) }
    headers['x-signalbox-status'] = toOpeningStatus(held.session, held.answered)
    const session: ResponseSession = {
      id: held.session.id,
      told_from: held.answered === undefined ? (toldUntil ?? 0) : held.session.last_seq,
      told_until: 0,
      final: false,
      console_url: place.consoleUrl,
      progress: wishes.progress === 'reasoning',
    }
    // A question that is open already ends the response as it begins, in the background too.
    const isAsked = held.teller.waiting !== undefined && held.answered === undefined && held.teller.waiting.questions.length > 0
    if (request.read.request.background === true && !isAsked) return beginInBackground(c, request, session, options)
    return tellTurn(c, request, { held, place, session, wishes }, options)
  })
}

interface Telling {
  held: Turn
  place: SessionPlace
  session: ResponseSession
  wishes: Wishes
}

async function tellTurn(c: GatewayContext, request: SessionRequest, telling: Telling, options: ResponsesOptions): Promise<Response> {
  const { headers, initial, read } = request
  const { held, place } = telling
  const composer = createResponseComposer({
    ...initial,
    status: 'in_progress',
    metadata: { ...initial.metadata, session_id: place.sessionId, orch_status: headers['x-signalbox-status'] ?? 'active' },
  })
  const stream = read.request.stream === true ? openResponseStream(c.env.outgoing, { headers, keepAliveMs: options.keepAliveMs }) : undefined
  const stopped = Promise.withResolvers<AppError>()
  const off = options.stopBell.onStop((error) => stopped.resolve(error))
  const send = async (events: readonly ResponseEvent[]): Promise<void> => stream?.send(events)
  try {
    await send(composer.open())
    const outcome = await Promise.race([tellHeard(c, request, { ...telling, composer, send }, options), stopped.promise])
    if (outcome === undefined) {
      stream?.end()
      return stream ? RESPONSE_ALREADY_SENT : Response.json(composer.response, { headers })
    }
    c.get('record').errorCode = outcome.code
    if (!stream) return renderResponseError(outcome, options.telemetry, headers)
    // A session that failed is a response that failed; what broke the line off is not its end.
    if (!composer.ended && held.teller.ended) await send(composer.fail(toResponseFault(outcome), { at: nowInSeconds(), metadata: { orch_status: 'failed' } }))
    if (composer.ended) stream.end()
    else stream.fail(outcome)
    return RESPONSE_ALREADY_SENT
  } catch (error) {
    if (!stream || request.caller.left) throw error
    const fault = toAppError(error)
    c.get('record').errorCode = fault.code
    stream.fail(fault)
    return RESPONSE_ALREADY_SENT
  } finally {
    off()
  }
}

interface Hearing extends Telling {
  composer: ResponseComposer
  send(events: readonly ResponseEvent[]): Promise<void>
}

/** Tells all that is heard. What it ends with is kept before it is told. Answers what went wrong, if anything did. */
async function tellHeard(c: GatewayContext, request: SessionRequest, hearing: Hearing, options: ResponsesOptions): Promise<AppError | undefined> {
  const { held, place, session, wishes, composer, send } = hearing
  const toLine = createProgressFilter(place.consoleUrl)
  let heard = session.told_from

  const keep = async (final: boolean, approvals?: Record<string, number>): Promise<void> => {
    const { response } = composer
    const document = { kind: 'ours', response, input: request.conversation.input, session: { ...session, told_until: heard, final }, approvals } as const
    await options.kept.keepTold(c.get('owner'), document)
  }
  const endAwaiting = async (awaiting: Awaiting): Promise<AppError | undefined> => {
    if (wishes.approval === 'error' && isForApproval(awaiting)) return toApprovalError(awaiting, place)
    request.headers['x-signalbox-status'] = awaiting.status
    const known = await readApprovals(awaiting.approvals, c, request, options)
    const { tools } = request.read.request
    const requests = awaiting.approvals
      .map((open) => toApprovalRequest(open, known.get(open.id)))
      .filter(({ server_label: label }) => takesApprovalItem(c.env.incoming.headers['user-agent'], tools, label))
    const events = tellAwaiting(composer, awaiting, { place, requests, hasText: held.teller.text !== '', at: nowInSeconds() })
    await keep(false, Object.fromEntries([...known].map(([id, { version }]) => [id, version])))
    await send(events)
    return undefined
  }
  const endLate = async ({ paused }: Heard & { type: 'late' }): Promise<void> => {
    const status = paused ? 'paused' : 'running'
    request.headers['x-signalbox-status'] = status
    const events = [
      ...composer.write(toLateText(paused, place)),
      ...composer.complete({ at: nowInSeconds(), metadata: { session_id: place.sessionId, orch_status: status } }),
    ]
    await keep(false)
    await send(events)
  }

  for await (const batch of held.heard) {
    for (const one of batch) {
      switch (one.type) {
        case 'progress': {
          heard = Math.max(heard, one.event.seq)
          const line = session.progress ? toLine(one.event, one.line) : undefined
          if (line !== undefined) await send(composer.reason(line))
          break
        }
        case 'content':
          await send(composer.write(one.text))
          break
        case 'completed': {
          request.headers['x-signalbox-status'] = one.stopped ? 'stopped' : 'completed'
          const events = tellCompleted(composer, { text: held.teller.text, ...one }, { sessionId: place.sessionId, at: nowInSeconds() })
          await keep(true)
          await send(events)
          return undefined
        }
        case 'fault':
          request.headers['x-signalbox-status'] = one.status
          return one.error
        case 'awaiting':
          return endAwaiting(one)
        case 'late':
          // A stream goes on for as long as its session does.
          if (request.read.request.stream === true) break
          await endLate(one)
          return undefined
      }
    }
  }
  throw new Error('the turn ended without saying how')
}

function toLateText(paused: boolean, { sessionId }: SessionPlace): string {
  const why = paused
    ? 'This session is paused, and goes on when it is resumed. Ask again after that'
    : 'This takes longer than one request can wait, and goes on. Ask again'
  return `${why}, with this response as previous_response_id, to get the answer.\n\nRef: ${sessionId}`
}

/** What is asked, as the ledger has it; a ledger that is away is done without. */
async function readApprovals(
  open: readonly OpenApproval[],
  c: GatewayContext,
  { caller }: SessionRequest,
  { approvals }: ResponsesOptions,
): Promise<Map<string, Approval>> {
  const call = toCall(c, caller.signal)
  const found = await Promise.allSettled(open.map(({ id }) => approvals.get(id, call)))
  return new Map(found.flatMap((one) => (one.status === 'fulfilled' ? [[one.value.approval.id, one.value.approval] as const] : [])))
}
