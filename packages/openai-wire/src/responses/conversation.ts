import { z } from 'zod'

import { itemSchema, metadataSchema, toItemType, type ResponsesRequest } from './responses-request.ts'

/** A conversation keeps what is said, and not where it stands. */
const keptItemSchema = itemSchema.refine((item) => toItemType(item) !== 'item_reference', { error: 'a reference cannot be kept: say the item itself' })
const itemsSchema = z.array(keptItemSchema).max(20)

/** `POST /v1/conversations` */
export const newConversationSchema = z.looseObject({ items: itemsSchema.nullish(), metadata: metadataSchema.nullish() })
/** `POST /v1/conversations/{id}` */
export const conversationUpdateSchema = z.looseObject({ metadata: metadataSchema.nullable() })
/** `POST /v1/conversations/{id}/items` */
export const conversationItemsSchema = z.looseObject({ items: itemsSchema })

export interface ConversationObject {
  id: string
  object: 'conversation'
  /** Unix seconds. */
  created_at: number
  metadata: Record<string, string>
}

/** The conversation that a response is to belong to. */
export function readConversationId({ conversation }: Pick<ResponsesRequest, 'conversation'>): string | undefined {
  if (!conversation) return undefined
  return typeof conversation === 'string' ? conversation : conversation.id
}
