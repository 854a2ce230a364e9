import type { IncomingHttpHeaders } from 'node:http'

import type { ConversationTurn } from '@signalbox/contracts'
import { hasOtherContent, messageText, type ChatRequest } from '@signalbox/openai-wire'

import type { RoutingFacts } from '../core/routing-facts.ts'
import { readNamedSession, readSessionHint } from '../core/session-reference.ts'
import { readFlagHeader } from './routing-headers.ts'

/** An OpenAI request and its headers, as the routing rules look at them. */
export function toRoutingFacts(request: ChatRequest, headers: IncomingHttpHeaders, turns: readonly ConversationTurn[]): RoutingFacts {
  return {
    model: request.model,
    skip: readFlagHeader('X-Skip-Orchestration', oneValue(headers['x-skip-orchestration'])),
    force: readFlagHeader('X-Force-Orchestration', oneValue(headers['x-force-orchestration'])),
    session: readNamedSession({ header: oneValue(headers['x-session-id']), metadata: request.metadata?.['session_id'] }),
    sessionHint: readSessionHint(turns),
    directControl: readDirectControl(request),
    question: turns.findLast(({ role }) => role === 'user')?.text ?? '',
    instructions: turns.find(({ role }) => role === 'system')?.text ?? '',
  }
}

/** Why the request's shape says that its caller wants the model itself, whose answer no workflow can give in that form. */
export function readDirectControl(request: ChatRequest): string | undefined {
  if (request.tools && request.tools.length > 0) return 'the request has tools'
  if (request.functions && request.functions.length > 0) return 'the request has functions'
  if (request.response_format && request.response_format.type !== 'text') return `response_format is ${request.response_format.type}`
  if ((request.n ?? 1) > 1) return 'the request asks for several choices'
  if (request.logprobs === true) return 'the request asks for logprobs'
  if (request.modalities?.includes('audio')) return 'the request asks for audio'
  const last = request.messages.at(-1)
  if (last?.role === 'tool' || last?.role === 'function') return 'the request continues a tool call'
  if (!request.messages.some((message) => message.role === 'user' && (messageText(message) !== '' || hasOtherContent(message))))
    return 'the request has no user text'
  // Agents work on text: whoever shows a picture wants the model that sees it.
  return request.messages.some(hasOtherContent) ? 'the request holds more than text' : undefined
}

/** The conversation as agents take it. */
export function toTurns(request: ChatRequest): ConversationTurn[] {
  return request.messages.map((message) => ({ role: TURN_ROLES[message.role], text: messageText(message) }))
}

const TURN_ROLES = { system: 'system', developer: 'system', user: 'user', assistant: 'assistant', tool: 'tool', function: 'tool' } as const satisfies Record<
  ChatRequest['messages'][number]['role'],
  ConversationTurn['role']
>

export function oneValue(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
