import { z } from 'zod'

import { WIRE_STATES } from './states.ts'

/**
 * What may come in, field by field. The SDK's codecs check nothing (a role of "wizard" passes, and
 * `returnImmediately: "false"` becomes true), so everything goes through here first. Keys that are
 * not named are dropped: the SDK also reads snake_case, which would pass by unchecked, and A2A's
 * JSON is camelCase only (section 5.5). A null stands for an absent field, as in ProtoJSON.
 */
const LONGEST_ID = 256
const id = z.string().max(LONGEST_ID)
const requiredId = id.min(1, 'is empty')
const metadata = absent(z.record(z.string(), z.unknown()))
const names = absent(z.array(z.string().max(2_048)).max(100))

const partSchema = z
  .object({
    text: absent(z.string()),
    raw: absent(z.string().regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'is not base64')),
    url: absent(z.string()),
    // Whatever JSON can say, null included.
    data: z.unknown().optional(),
    metadata,
    filename: absent(z.string()),
    mediaType: absent(z.string()),
  })
  .refine((part) => contents(part) === 1, 'holds exactly one of text, raw, url and data')

const messageFields = {
  messageId: requiredId,
  parts: z.array(partSchema),
  contextId: absent(id),
  taskId: absent(id),
  metadata,
  extensions: names,
  referenceTaskIds: absent(z.array(id).max(100)),
}

/** A message from a client. */
const userMessageSchema = z.object({ ...messageFields, role: z.literal('ROLE_USER', 'is not ROLE_USER'), parts: messageFields.parts.min(1, 'is empty') })

/** A message of either side, as agents return them. */
const messageSchema = z.object({ ...messageFields, role: z.enum(['ROLE_USER', 'ROLE_AGENT']) })

const stateSchema = z.enum(WIRE_STATES, { error: 'is not a task state' })
const statusSchema = z.object({ state: stateSchema, message: absent(messageSchema), timestamp: absent(z.string()) })

const artifactSchema = z.object({
  artifactId: requiredId,
  name: absent(z.string()),
  description: absent(z.string()),
  parts: absent(z.array(partSchema)),
  metadata,
  extensions: names,
})

const taskSchema = z.object({
  id: requiredId,
  contextId: absent(id),
  status: statusSchema,
  artifacts: absent(z.array(artifactSchema)),
  history: absent(z.array(messageSchema)),
  metadata,
})

const historyLength = absent(z.number().int().min(0))

export const sendRequestSchema = z.object({
  message: userMessageSchema,
  configuration: absent(
    z.object({
      acceptedOutputModes: names,
      historyLength,
      returnImmediately: absent(z.boolean()),
      taskPushNotificationConfig: z.unknown().optional(),
    }),
  ),
})

export const taskIdRequestSchema = z.object({ id: requiredId })

export const getTaskRequestSchema = z.object({ id: requiredId, historyLength })

export const listTasksRequestSchema = z.object({
  contextId: absent(id),
  status: absent(z.union([stateSchema, z.literal('TASK_STATE_UNSPECIFIED')], { error: 'is not a task state' })),
  pageSize: absent(z.number().int().min(1).max(100)),
  pageToken: absent(z.string().max(1_024)),
  historyLength,
  statusTimestampAfter: absent(z.iso.datetime({ offset: true })),
  includeArtifacts: absent(z.boolean()),
})

export const sendResponseSchema = z.union([z.object({ task: taskSchema }), z.object({ message: messageSchema })])

export const taskResponseSchema = taskSchema

export const listTasksResponseSchema = z.object({
  tasks: absent(z.array(taskSchema)),
  nextPageToken: absent(z.string()),
  pageSize: absent(z.number().int()),
  totalSize: absent(z.number().int()),
})

export const streamResponseSchema = z.union([
  z.object({ task: taskSchema }),
  z.object({ message: messageSchema }),
  z.object({ statusUpdate: z.object({ taskId: requiredId, contextId: absent(id), status: statusSchema, metadata }) }),
  z.object({
    artifactUpdate: z.object({
      taskId: requiredId,
      contextId: absent(id),
      artifact: artifactSchema,
      append: absent(z.boolean()),
      lastChunk: absent(z.boolean()),
      metadata,
    }),
  }),
])

/** An Agent Card, in the part that we read. */
export const cardSchema = z.object({
  name: z.string().min(1).max(256),
  description: z.string().max(16_384).default(''),
  version: z.string().max(256).default(''),
  supportedInterfaces: z
    .array(z.object({ url: z.string().max(2_048), protocolBinding: z.string().max(256), protocolVersion: absent(z.string().max(32)) }))
    .min(1)
    .max(50),
  capabilities: absent(
    z.object({ streaming: absent(z.boolean()), extensions: absent(z.array(z.object({ uri: z.string().max(2_048), required: absent(z.boolean()) })).max(100)) }),
  ),
  skills: absent(
    z
      .array(
        z.object({
          id: z.string().min(1).max(256),
          name: z.string().max(256).default(''),
          description: z.string().max(16_384).default(''),
          tags: absent(z.array(z.string().max(256)).max(100)),
          examples: absent(z.array(z.string().max(4_096)).max(100)),
        }),
      )
      .max(200),
  ),
})

function absent<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined)
}

function contents(part: { text?: unknown; raw?: unknown; url?: unknown; data?: unknown }): number {
  return [part.text, part.raw, part.url, part.data].filter((content) => content !== undefined).length
}
