import type { ConversationItem, ResponseEvent, ResponseObject } from '@signalbox/openai-wire/responses'
import { z } from 'zod'

import type { NewResponse, StoredResponse } from '../../core/responses/response-store.ts'

/** The session that a response tells of, and how far it had been told before. */
export interface ResponseSession {
  id: string
  /** Events up to this one were told in an earlier response. */
  told_from: number
  /** And up to this one by the end of this. */
  told_until: number
  /** The response said the session's last word: what comes next is another session. */
  final: boolean
  /** Where its approvals are decided. */
  console_url: string
  /** Whether the caller wishes to see progress. */
  progress: boolean
}

/** How a response of the model itself is being made. */
export interface ResponseRun {
  /** Marks whoever makes it: a gateway that finds another mark has been taken for dead, and lets go. */
  by: string
  /** Until when it is surely being made. */
  until: number
  /** It shall stop. */
  cancel: boolean
  /** How often it was begun. */
  tries: number
  /** Somebody has heard a part of it: another answer cannot take its place. */
  told?: true | undefined
  /** What the model was asked, as JSON, so that another gateway can ask it anew. */
  ask?: string | undefined
}

/** A response of ours, as it is kept. */
export interface OwnResponse {
  kind: 'ours'
  /** As it was last told; of one that is still to come, as it began. */
  response: ResponseObject
  /** As it began, where its session tells it: from there it is told again to whoever missed a part of it. */
  begun?: ResponseObject | undefined
  /** What was put in. */
  input: ConversationItem[]
  session?: ResponseSession | undefined
  /** Which version of which approval the caller was shown. */
  approvals?: Record<string, number> | undefined
  /** Of one that is made here in the background, until it is over. */
  run?: ResponseRun | undefined
  /** Of one in the background: the SHA-256 of its request, so that another one under the same key is found out, by any gateway. */
  request_sha256?: string | undefined
  /** What a background one told, where it cannot be told anew from its session. */
  events?: ResponseEvent[] | undefined
}

/** A response that the endpoint behind us keeps; here stands only whose it is, and what was put in. */
export interface UpstreamResponse {
  kind: 'upstream'
  previous: string | null
  input: ConversationItem[]
  /** It was not made here: what was put in is asked for there too. Never kept. */
  isElsewhere?: true
}

export type ResponseDocument = OwnResponse | UpstreamResponse

export interface FoundResponse {
  entry: StoredResponse
  document: ResponseDocument
}

const anything = z.record(z.string(), z.unknown())
const itemSchema = z.looseObject({ type: z.string(), id: z.string() })
const responseSchema = z.looseObject({ id: z.string(), status: z.string(), output: z.array(itemSchema), metadata: z.record(z.string(), z.string()) })

/** We have written it ourselves: what is held is what the code relies on. */
const documentSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ours'),
    response: responseSchema,
    begun: responseSchema.optional(),
    input: z.array(itemSchema),
    session: z
      .object({
        id: z.string(),
        told_from: z.int(),
        told_until: z.int(),
        final: z.boolean(),
        console_url: z.string(),
        progress: z.boolean(),
      })
      .optional(),
    approvals: z.record(z.string(), z.int()).optional(),
    run: z
      .object({
        // Those of gateways that took none up have no mark.
        by: z.string().default(''),
        until: z.number(),
        cancel: z.boolean(),
        tries: z.int().default(1),
        told: z.literal(true).optional(),
        ask: z.string().optional(),
      })
      .optional(),
    request_sha256: z.string().optional(),
    events: z.array(anything).optional(),
  }),
  z.object({ kind: z.literal('upstream'), previous: z.string().nullable(), input: z.array(itemSchema) }),
])

export function readDocument(entry: StoredResponse): FoundResponse {
  // What the schema holds is what was written from the very type.
  return { entry, document: documentSchema.parse(JSON.parse(entry.json)) as unknown as ResponseDocument }
}

/** More than this is not kept: what a caller put in is bounded, what a model puts out is not. */
export const MOST_KEPT_BYTES = 16 * 1_024 * 1_024

/** The entry with other contents. Undefined where it is too much to keep. */
export function toEntry(of: Omit<NewResponse, 'json' | 'open'>, document: ResponseDocument, open: boolean): NewResponse | undefined {
  const { id, owner, createdAt, endsAt, names } = of
  const json = JSON.stringify(document)
  return Buffer.byteLength(json) > MOST_KEPT_BYTES ? undefined : { id, owner, createdAt, endsAt, open, json, names }
}
