import { z } from 'zod'

import type { HeaderParameter, Operation } from './operation.ts'

const SESSION_HEADER: HeaderParameter = { name: 'X-Session-Id', description: 'Goes on in this session. `metadata.session_id` does the same.' }
const IDEMPOTENCY: HeaderParameter = {
  name: 'Idempotency-Key',
  description: 'The same key and body again attach to the session that was begun, and begin no other.',
}

/** How an answer is wished for, beside what OpenAI has words for. */
const WISHES: readonly HeaderParameter[] = [
  { name: 'X-Force-Orchestration', description: 'Have it planned and run by agents, whatever would be decided.', values: ['true', 'false'] },
  { name: 'X-Skip-Orchestration', description: 'Ask the model itself, whatever would be decided.', values: ['true', 'false'] },
  { name: 'x-signalbox-explain', description: 'Say which way the request would go, and run nothing.', values: ['true', 'false'] },
  SESSION_HEADER,
  IDEMPOTENCY,
  { name: 'Prefer', description: 'How long to wait for a whole answer, in seconds.', example: 'wait=30' },
  {
    name: 'x-signalbox-progress',
    description: 'How progress is streamed: as reasoning that people read, as machine data alone, or not at all.',
    values: ['reasoning', 'events', 'none'],
  },
  {
    name: 'x-signalbox-approval',
    description: 'Where somebody has to decide: hold the line for a while, end the turn at once, or answer 409.',
    values: ['hold', 'return', 'error'],
  },
  { name: 'x-signalbox-on-disconnect', description: 'Whether the session goes on when its caller has left.', values: ['continue', 'cancel'] },
  { name: 'x-signalbox-budget-tokens', description: 'The most tokens that the session may spend.', example: '20000' },
  { name: 'x-signalbox-budget-usd', description: 'The most that the session may spend, in US dollars.', example: '0.50' },
  { name: 'x-signalbox-deadline-s', description: 'The longest that the session may take, in seconds.', example: '120' },
]

const QUESTION = { model: 'signalbox-auto', messages: [{ role: 'user', content: 'Compare the two, with sources.' }] }
const UPSTREAM_FAULTS = ['upstream_failed', 'upstream_invalid', 'upstream_timeout', 'unavailable'] as const
const REQUEST_FAULTS = ['invalid_json', 'invalid_request', 'unsupported_media_type', 'payload_too_large', 'permission_denied', 'model_not_found'] as const

export const CHAT_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/chat/completions',
    id: 'createChatCompletion',
    tag: 'Chat',
    summary: 'Answer a conversation',
    description:
      'Simple questions go to the model as they came, and its bytes come back as it sent them. Hard ones are planned and run by agents: ' +
      '`signalbox-auto` decides, `signalbox-simple` and `signalbox-orchestrated` say so, and any other name is a model of the upstream. ' +
      'With `stream: true` the answer is a stream of chunks that ends with `data: [DONE]`; progress comes as `reasoning_content`, machine data under `signalbox`.',
    access: 'key',
    headers: WISHES,
    body: { schema: 'ChatRequest', example: { ...QUESTION, stream: true } },
    answers: [{ status: 200, description: 'The answer; with `stream: true` as chunks.', schema: 'ChatCompletion', type: 'text/event-stream' }],
    errors: [
      ...REQUEST_FAULTS,
      'not_found',
      'conflict',
      'idempotency_mismatch',
      'approval_required',
      'budget_exceeded',
      'rate_limited',
      'agent_failed',
      'agent_unavailable',
      ...UPSTREAM_FAULTS,
    ],
  },
  {
    method: 'post',
    path: '/v1/route',
    id: 'explainRoute',
    tag: 'Routing',
    summary: 'Say which way a chat request would go',
    description: 'The decision, every step to it, the plan that would run, and what it is likely to cost and take. Nothing is run.',
    access: 'key',
    query: z.object({ plan: z.enum(['true', 'false']).default('true') }),
    headers: [SESSION_HEADER],
    body: { schema: 'ChatRequest', example: QUESTION },
    answers: [{ status: 200, description: 'The decision and its reasons.', schema: 'RouteExplanation' }],
    errors: [...REQUEST_FAULTS, 'unavailable'],
  },
  {
    method: 'post',
    path: '/v1/completions',
    id: 'createCompletion',
    tag: 'Models',
    summary: 'Go on with a text',
    description: 'The model itself answers; there is nothing to orchestrate.',
    access: 'key',
    body: { schema: 'CompletionRequest', example: { model: 'signalbox-simple', prompt: 'Once upon a time' } },
    answers: [{ status: 200, description: 'The text; with `stream: true` piece by piece.', schema: 'TextCompletion', type: 'text/event-stream' }],
    errors: [...REQUEST_FAULTS, ...UPSTREAM_FAULTS],
  },
  {
    method: 'post',
    path: '/v1/embeddings',
    id: 'createEmbedding',
    tag: 'Models',
    summary: 'Turn texts into vectors',
    access: 'key',
    body: { schema: 'EmbeddingRequest', example: { model: 'text-embedding-3-small', input: ['one text', 'another'] } },
    answers: [{ status: 200, description: 'One vector for each text.', schema: 'EmbeddingList' }],
    errors: [...REQUEST_FAULTS, ...UPSTREAM_FAULTS],
  },
  {
    method: 'get',
    path: '/v1/models',
    id: 'listModels',
    tag: 'Models',
    summary: 'What can be named as a model',
    description: 'Our aliases, then what the upstream has.',
    access: 'key',
    answers: [{ status: 200, description: 'The models.', schema: 'ModelList' }],
    errors: [],
  },
  {
    method: 'get',
    path: '/v1/models/{id}',
    id: 'retrieveModel',
    tag: 'Models',
    summary: 'One model',
    access: 'key',
    answers: [{ status: 200, description: 'The model.', schema: 'Model' }],
    errors: ['model_not_found'],
  },
  {
    method: 'post',
    path: '/v1/responses',
    id: 'createResponse',
    tag: 'Responses',
    summary: 'Make a response',
    description:
      'With `previous_response_id` it goes on where that one ended; with `background: true` it is made while nobody waits. Approvals come as `mcp_approval_request` items.',
    access: 'key',
    headers: WISHES.filter(({ name }) => name !== 'x-signalbox-explain'),
    body: { schema: 'ResponsesRequest', example: { model: 'signalbox-auto', input: 'Compare the two, with sources.' } },
    answers: [{ status: 200, description: 'The response; with `stream: true` as events.', schema: 'Response', type: 'text/event-stream' }],
    errors: [...REQUEST_FAULTS, 'not_found', 'conflict', 'idempotency_mismatch', 'budget_exceeded', 'agent_failed', ...UPSTREAM_FAULTS],
  },
  {
    method: 'get',
    path: '/v1/responses/{id}',
    id: 'retrieveResponse',
    tag: 'Responses',
    summary: 'A response as it stands',
    access: 'key',
    query: z.object({ stream: z.enum(['true', 'false']).optional(), starting_after: z.int().min(0).optional() }),
    answers: [
      { status: 200, description: 'The response; with `stream=true` its events after `starting_after`.', schema: 'Response', type: 'text/event-stream' },
    ],
    errors: ['invalid_request', 'not_found'],
  },
  {
    method: 'delete',
    path: '/v1/responses/{id}',
    id: 'deleteResponse',
    tag: 'Responses',
    summary: 'Forget a response',
    access: 'key',
    answers: [{ status: 200, description: 'It is gone.', schema: 'ResponseDeleted' }],
    errors: ['not_found'],
  },
  {
    method: 'post',
    path: '/v1/responses/{id}/cancel',
    id: 'cancelResponse',
    tag: 'Responses',
    summary: 'Stop a response that is made in the background',
    access: 'key',
    answers: [{ status: 200, description: 'The response as it stands now.', schema: 'Response' }],
    errors: ['invalid_request', 'not_found'],
  },
  {
    method: 'get',
    path: '/v1/responses/{id}/input_items',
    id: 'listInputItems',
    tag: 'Responses',
    summary: 'What a response was made from',
    access: 'key',
    query: z.object({ limit: z.int().min(1).max(100).default(20), after: z.string().max(512).optional(), order: z.enum(['asc', 'desc']).default('desc') }),
    answers: [{ status: 200, description: 'The items.', schema: 'InputItemList' }],
    errors: ['invalid_request', 'not_found'],
  },
]
