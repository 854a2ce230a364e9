import {
  agentListSchema,
  approvalDetailSchema,
  approvalPageSchema,
  approvalSchema,
  auditPageSchema,
  auditVerdictSchema,
  bulkDecisionRequestSchema,
  bulkDecisionSchema,
  channelListSchema,
  deadLetterPageSchema,
  deadSessionDetailSchema,
  decisionRequestSchema,
  deliveryPageSchema,
  deliverySchema,
  extendRequestSchema,
  planSchema,
  redriveRequestSchema,
  routeExplanationSchema,
  sessionBriefPageSchema,
  sessionChangedSchema,
  sessionDetailSchema,
  sessionEventSchema,
  sessionInputSchema,
  sessionViewSchema,
} from '@signalbox/contracts'
import { chatRequestSchema, completionRequestSchema, embeddingRequestSchema } from '@signalbox/openai-wire'
import { conversationItemsSchema, conversationUpdateSchema, newConversationSchema, responsesRequestSchema } from '@signalbox/openai-wire/responses'
import { z } from 'zod'

import * as answers from './answer-schemas.ts'

/** What callers send, by the names under which the document has it. */
const REQUESTS = {
  ChatRequest: chatRequestSchema,
  CompletionRequest: completionRequestSchema,
  EmbeddingRequest: embeddingRequestSchema,
  ResponsesRequest: responsesRequestSchema,
  NewConversation: newConversationSchema,
  ConversationUpdate: conversationUpdateSchema,
  ConversationItems: conversationItemsSchema,
  SessionInput: sessionInputSchema,
  DecisionRequest: decisionRequestSchema,
  BulkDecisionRequest: bulkDecisionRequestSchema,
  ExtendRequest: extendRequestSchema,
  RedriveRequest: redriveRequestSchema,
} as const

/** What they are answered. */
const ANSWERS = {
  ChatCompletion: answers.chatCompletionSchema,
  ChatCompletionChunk: answers.chatChunkSchema,
  Error: answers.errorSchema,
  Model: answers.modelSchema,
  ModelList: answers.modelListSchema,
  EmbeddingList: answers.embeddingListSchema,
  TextCompletion: answers.textCompletionSchema,
  Response: answers.responseSchema,
  ResponseDeleted: answers.responseDeletedSchema,
  InputItemList: answers.inputItemsSchema,
  Conversation: answers.conversationSchema,
  ConversationDeleted: answers.conversationDeletedSchema,
  ConversationItem: answers.conversationItemSchema,
  RouteExplanation: routeExplanationSchema,
  Plan: planSchema,
  SessionView: sessionViewSchema,
  Session: answers.ownSessionSchema,
  SessionPage: answers.ownSessionPageSchema,
  SessionDetail: sessionDetailSchema,
  SessionBriefPage: sessionBriefPageSchema,
  SessionChanged: sessionChangedSchema,
  SessionEvent: sessionEventSchema,
  Approval: approvalSchema,
  ApprovalPage: approvalPageSchema,
  ApprovalDetail: approvalDetailSchema,
  BulkDecision: bulkDecisionSchema,
  AuditPage: auditPageSchema,
  AuditVerdict: auditVerdictSchema,
  ChannelList: channelListSchema,
  Delivery: deliverySchema,
  DeliveryPage: deliveryPageSchema,
  AgentList: agentListSchema,
  DeadLetterPage: deadLetterPageSchema,
  DeadLetterDetail: deadSessionDetailSchema,
  Liveness: answers.livenessSchema,
  Readiness: answers.readinessSchema,
} as const

export type JsonSchema = { [key: string]: unknown }

/** All of them as JSON Schema, those that stand in others as references. */
export function createSchemas(): Record<string, JsonSchema> {
  return {
    // One for callers and one for us by their own policy: where an operator asks, sessions come with what was asked.
    AnySession: { anyOf: [toRef('Session'), toRef('SessionDetail')] },
    AnySessionChanged: { anyOf: [toRef('Session'), toRef('SessionChanged')] },
    OpenApi: { type: 'object', properties: { openapi: { type: 'string' } }, required: ['openapi'] },
    AnySessionPage: { anyOf: [toRef('SessionPage'), toRef('SessionBriefPage')] },
    ...toSchemas(REQUESTS, 'input'),
    ...toSchemas(ANSWERS, 'output'),
  }
}

export function toRef(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` }
}

/** The fields of a query, as parameters have them. */
export function toQuerySchema(schema: z.ZodObject): JsonSchema {
  return tidy(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })) as JsonSchema
}

function toSchemas(named: Record<string, z.ZodType>, io: 'input' | 'output'): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { io, unrepresentable: 'any', uri: (id) => `#/components/schemas/${id}` })
  const { __shared: _anyJson, ...ours } = schemas
  return tidy(ours) as Record<string, JsonSchema>
}

/**
 * What is of the making and not of the thing is left out: where a schema was, bounds that every number of JavaScript has,
 * and that answers have no other keys, since later versions will have some. Any JSON at all is said as such.
 */
function tidy(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(tidy)
  if (typeof node !== 'object' || node === null) return node
  const { $ref, $schema: _schema, $id: _id, ...rest } = node as JsonSchema
  if (typeof $ref === 'string') return $ref.includes('__shared') ? { description: 'any JSON' } : { $ref }
  if (rest['maximum'] === Number.MAX_SAFE_INTEGER) delete rest['maximum']
  if (rest['minimum'] === Number.MIN_SAFE_INTEGER) delete rest['minimum']
  if (rest['additionalProperties'] === false) delete rest['additionalProperties']
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, tidy(value)]))
}
