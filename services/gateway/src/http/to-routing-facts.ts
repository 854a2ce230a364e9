import type { IncomingHttpHeaders } from 'node:http'

import type { ConversationTurn } from '@signalbox/contracts'
import { messageText, type ChatRequest } from '@signalbox/openai-wire'

import type { RoutingFacts } from '../core/routing-facts.ts'
import { readNamedSession, readSessionHint } from '../core/session-reference.ts'
import { readDirectControl } from './direct-control.ts'
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
