import { z } from 'zod'

import type { TaskState } from '../model.ts'

/**
 * A2A 1.0's JSON, as it comes from outside. Strict where the protocol demands, loose where a newer
 * peer may know more than we do. Source: A2A specification 1.0, section 4; ProtoJSON names.
 */
export const WIRE_STATES = {
  'submitted': 'TASK_STATE_SUBMITTED',
  'working': 'TASK_STATE_WORKING',
  'input-required': 'TASK_STATE_INPUT_REQUIRED',
  'auth-required': 'TASK_STATE_AUTH_REQUIRED',
  'completed': 'TASK_STATE_COMPLETED',
  'failed': 'TASK_STATE_FAILED',
  'canceled': 'TASK_STATE_CANCELED',
  'rejected': 'TASK_STATE_REJECTED',
} as const satisfies Record<TaskState, string>

const STATES = Object.fromEntries(Object.entries(WIRE_STATES).map(([state, wire]) => [wire, state])) as Record<string, TaskState>

const stateSchema = z.string().transform((wire, context): TaskState => {
  const state = STATES[wire]
  if (state) return state
  context.addIssue({ code: 'custom', message: `is not a task state: ${wire.slice(0, 40)}` })
  return z.NEVER
})

const metadataSchema = z.record(z.string(), z.json())
const id = z.string().min(1).max(256)

export const partSchema = z
  .looseObject({
    text: z.string().optional(),
    data: z.json().optional(),
    url: z.string().max(8_192).optional(),
    raw: z.string().optional(),
    mediaType: z.string().max(256).optional(),
    filename: z.string().max(1_024).optional(),
  })
  .refine((part) => [part.text, part.data, part.url, part.raw].filter((content) => content !== undefined).length === 1, 'must hold exactly one of text, data, url and raw')

export const messageSchema = z.looseObject({
  messageId: id,
  role: z.enum(['ROLE_USER', 'ROLE_AGENT'], { error: 'must be ROLE_USER or ROLE_AGENT' }),
  parts: z.array(partSchema, { error: 'must be an array of parts' }).min(1, 'must hold at least one part').max(1_024),
  contextId: z.string().max(256).optional(),
  taskId: z.string().max(256).optional(),
  metadata: metadataSchema.optional(),
})

export const artifactSchema = z.looseObject({
  artifactId: id,
  name: z.string().optional(),
  parts: z.array(partSchema).default([]),
  metadata: metadataSchema.optional(),
})

export const statusSchema = z.looseObject({
  state: stateSchema,
  message: messageSchema.optional(),
  timestamp: z.string().optional(),
})

export const taskSchema = z.looseObject({
  id,
  contextId: z.string().default(''),
  status: statusSchema,
  artifacts: z.array(artifactSchema).default([]),
  history: z.array(messageSchema).default([]),
  metadata: metadataSchema.optional(),
})

export const streamEventSchema = z.union([
  z.looseObject({ task: taskSchema }),
  z.looseObject({ message: messageSchema }),
  z.looseObject({ statusUpdate: z.looseObject({ taskId: id, contextId: z.string().default(''), status: statusSchema, metadata: metadataSchema.optional() }) }),
  z.looseObject({
    artifactUpdate: z.looseObject({ taskId: id, contextId: z.string().default(''), artifact: artifactSchema, append: z.boolean().default(false), lastChunk: z.boolean().default(false) }),
  }),
])

export const sendParamsSchema = z.looseObject({
  message: messageSchema,
  configuration: z
    .looseObject({
      returnImmediately: z.boolean({ error: 'must be a boolean' }).optional(),
      historyLength: z.int().min(0).max(10_000).optional(),
      acceptedOutputModes: z.array(z.string()).optional(),
    })
    .optional(),
})

export const taskParamsSchema = z.looseObject({ id, historyLength: z.int().min(0).max(10_000).optional() })

export const listParamsSchema = z.looseObject({
  contextId: z.string().max(256).optional(),
  status: stateSchema.optional(),
  statusTimestampAfter: z.iso.datetime({ offset: true }).optional(),
  pageSize: z.int().min(1).max(100).default(50),
  pageToken: z.string().max(1_024).optional(),
  historyLength: z.int().min(0).max(10_000).optional(),
  includeArtifacts: z.boolean().default(false),
})

export const taskPageSchema = z.looseObject({ tasks: z.array(taskSchema).default([]), nextPageToken: z.string().default(''), pageSize: z.int().default(50), totalSize: z.int().default(0) })

export const agentCardSchema = z.looseObject({
  name: z.string().min(1).max(256),
  description: z.string().max(16_384).default(''),
  version: z.string().max(64).default(''),
  supportedInterfaces: z.array(z.looseObject({ url: z.url(), protocolBinding: z.string(), protocolVersion: z.string().default('1.0') })).min(1),
  capabilities: z.looseObject({ streaming: z.boolean().default(false), extensions: z.array(z.looseObject({ uri: z.string() })).default([]) }).default({ streaming: false, extensions: [] }),
  skills: z
    .array(
      z.looseObject({
        id: z.string().min(1).max(64),
        name: z.string().max(200).default(''),
        description: z.string().max(4_000).default(''),
        tags: z.array(z.string().max(64)).max(64).default([]),
        examples: z.array(z.string().max(1_000)).max(16).default([]),
      }),
    )
    .max(64)
    .default([]),
})
