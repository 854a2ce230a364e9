import { randomUUID } from 'node:crypto'

import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { SessionView } from '@signalbox/contracts'

import type { Exchange } from '../gateway-env.ts'
import { renderError } from '../render-error.ts'
import { holdTurn, type ComplexPath, type ComplexRequest } from './hold-turn.ts'
import type { Rendering } from './render-telling.ts'
import { streamAnswer } from './stream-answer.ts'
import { waitForAnswer } from './wait-for-answer.ts'
import { readWishes } from './wishes.ts'

export type { ComplexPath, ComplexRequest } from './hold-turn.ts'

/** The complex path: begins a session, or attaches to the one that was named, and tells what comes of it. */
export async function answerComplex(c: Exchange, request: ComplexRequest, path: ComplexPath): Promise<Response> {
  const { request: chat } = request.read
  const wishes = readWishes(c.env.incoming.headers, chat.metadata)
  return holdTurn(c, { ...request, wishes }, path, async ({ session, answered, teller, heard }) => {
    const rendering: Rendering = {
      identity: { id: `chatcmpl-${randomUUID().replaceAll('-', '')}`, created: Math.floor(Date.now() / 1_000), model: chat.model },
      sessionId: session.id,
      consoleUrl: path.consoleUrl(c.env.incoming),
      progress: wishes.progress,
      reasoningField: path.reasoningField,
      withStatusEvents: wishes.isOpenWebUI,
      withUsageKey: chat.stream_options?.include_usage === true,
    }
    const options = { rendering, wish: wishes.approval, stopBell: path.stopBell }
    if (chat.stream === true) {
      const status = toOpeningStatus(session, answered)
      const headers = { ...request.headers, 'x-signalbox-status': status }
      const broken = await streamAnswer(c.env.outgoing, teller, heard, { ...options, status, headers, keepAliveMs: path.keepAliveMs })
      if (broken) c.get('record').errorCode = broken.code
      return RESPONSE_ALREADY_SENT
    }
    const outcome = await waitForAnswer(teller, heard, options)
    request.headers['x-signalbox-status'] = outcome.status
    if ('completion' in outcome) return Response.json(outcome.completion, { headers: request.headers })
    c.get('record').errorCode = outcome.error.code
    return renderError(outcome.error, path.telemetry, request.headers)
  })
}

/** A session that waits says so in the words with which a turn ends. */
export function toOpeningStatus({ status }: SessionView, answered: string | undefined): string {
  if (status === 'waiting_approval') return 'awaiting_approval'
  if (status !== 'waiting_input') return status
  return answered === undefined ? 'awaiting_input' : 'active'
}
