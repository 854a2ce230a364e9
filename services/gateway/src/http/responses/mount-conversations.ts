import {
  conversationItemsSchema,
  conversationUpdateSchema,
  newConversationSchema,
  toInputItems,
  type ConversationItem,
  type ConversationObject,
  type ResponsesRequest,
} from '@signalbox/openai-wire/responses'
import type { Hono } from 'hono'
import { z } from 'zod'

import type { GatewayContext, GatewayEnv } from '../gateway-env.ts'
import { withJson } from '../read-json.ts'
import { cursorField, limitField, readQuery } from '../read-query.ts'
import { withItems, type Conversation } from './kept-conversations.ts'
import { createResponseId } from './kept-responses.ts'
import { answerInWords, invalid, noSuchConversation, noSuchItem } from './response-faults.ts'
import type { ResponsesOptions } from './responses-options.ts'

const listSchema = z.object({ limit: limitField, after: cursorField, order: z.enum(['asc', 'desc'], { error: 'must be asc or desc' }).default('desc') })

/** `/conversations` and `/conversations/{id}/items`, as OpenAI has them. A conversation is its owner's alone: others' do not exist. */
export function mountConversations(app: Hono<GatewayEnv>, options: ResponsesOptions): void {
  const { conversations, telemetry, maxBodyBytes: limit } = options
  const answer =
    (handle: (c: GatewayContext) => Promise<Response>) =>
    (c: GatewayContext): Promise<Response> =>
      answerInWords(c, telemetry, () => handle(c))
  const find = async (c: GatewayContext): Promise<Conversation> => requireThere(c, await conversations.find(c.get('owner'), idOf(c)))
  const change = async (c: GatewayContext, how: (conversation: Conversation) => Conversation): Promise<Conversation> =>
    requireThere(c, await conversations.change(c.get('owner'), idOf(c), how))

  app.post(
    '/conversations',
    answer((c) =>
      withJson(c, { schema: newConversationSchema, limit, absent: {} }, async ({ items, metadata }) => {
        const made = await conversations.create(c.get('owner'), { items: toItems(items ?? []), metadata: metadata ?? {} })
        return c.json(toObject(made))
      }),
    ),
  )
  app.get(
    '/conversations/:id',
    answer(async (c) => c.json(toObject(await find(c)))),
  )
  app.post(
    '/conversations/:id',
    answer((c) =>
      withJson(c, { schema: conversationUpdateSchema, limit }, async ({ metadata }) =>
        c.json(toObject(await change(c, (conversation) => ({ ...conversation, metadata: metadata ?? {} })))),
      ),
    ),
  )
  app.delete(
    '/conversations/:id',
    answer(async (c) => {
      const id = idOf(c)
      if (!(await conversations.remove(c.get('owner'), id))) throw noSuchConversation(id)
      return c.json({ id, object: 'conversation.deleted', deleted: true })
    }),
  )
  app.get(
    '/conversations/:id/items',
    answer(async (c) => {
      const { limit: most, after, order } = readQuery(c, listSchema)
      const { items } = await find(c)
      const ordered = order === 'asc' ? items : items.toReversed()
      const from = after === undefined ? 0 : ordered.findIndex(({ id }) => id === after) + 1
      if (after !== undefined && from === 0) throw invalid('after', 'there is no such item in this conversation')
      return c.json(toList(ordered.slice(from, from + most), from + most < ordered.length))
    }),
  )
  app.post(
    '/conversations/:id/items',
    answer((c) =>
      withJson(c, { schema: conversationItemsSchema, limit }, async ({ items }) => {
        const added = toItems(items)
        await change(c, (conversation) => {
          const known = new Set(conversation.items.map(({ id }) => id))
          const index = added.findIndex(({ id }) => known.has(id))
          if (index !== -1) throw invalid(`items[${index}].id`, 'there is an item of this id in the conversation already')
          return withItems(conversation, added)
        })
        return c.json(toList(added, false))
      }),
    ),
  )
  app.get(
    '/conversations/:id/items/:item',
    answer(async (c) => c.json(requireItem(c, await find(c)))),
  )
  app.delete(
    '/conversations/:id/items/:item',
    answer(async (c) => {
      const changed = await change(c, (conversation) => {
        const { id } = requireItem(c, conversation)
        return { ...conversation, items: conversation.items.filter((item) => item.id !== id) }
      })
      return c.json(toObject(changed))
    }),
  )
}

function idOf(c: GatewayContext): string {
  return c.req.param('id') ?? ''
}

/** Each with an id: those that came without one get one that nobody has. */
function toItems(items: NonNullable<Exclude<ResponsesRequest['input'], string>>): ConversationItem[] {
  const full = toInputItems({ input: items }, createResponseId())
  const twice = full.findIndex(({ id }, index) => full.findIndex((other) => other.id === id) < index)
  if (twice !== -1) throw invalid(`items[${twice}].id`, 'another item has it')
  return full
}

function toObject({ id, created_at, metadata }: Conversation): ConversationObject {
  return { id, object: 'conversation', created_at, metadata }
}

function toList(data: ConversationItem[], hasMore: boolean): object {
  return { object: 'list', data, first_id: data[0]?.id ?? '', last_id: data.at(-1)?.id ?? '', has_more: hasMore }
}

function requireThere(c: GatewayContext, conversation: Conversation | undefined): Conversation {
  if (!conversation) throw noSuchConversation(idOf(c))
  return conversation
}

function requireItem(c: GatewayContext, { items }: Conversation): ConversationItem {
  const id = c.req.param('item') ?? ''
  const item = items.find((one) => one.id === id)
  if (!item) throw noSuchItem(id)
  return item
}
