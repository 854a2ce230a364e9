import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

import { AppError } from '@signalbox/errors'
import type { ConversationItem } from '@signalbox/openai-wire/responses'
import { z } from 'zod'

import type { NewResponse, ResponseStore } from '../../core/responses/response-store.ts'
import { MOST_KEPT_BYTES } from './response-document.ts'

/** What is said in a row of requests, kept as one. */
export interface Conversation {
  id: string
  /** Unix seconds. */
  created_at: number
  metadata: Record<string, string>
  /** The oldest first. */
  items: ConversationItem[]
  /** The response that was told in it last: a session that waits goes on from there. */
  last: string | null
}

export interface FoundConversation extends Conversation {
  /** It has no room for another turn. */
  isFull: boolean
}

/**
 * Conversations, kept beside responses: an owner's alone, within the same bounds. Their time begins anew with each
 * change, and so does their age: one that is used is not the oldest.
 */
export interface KeptConversations {
  /** @throws AppError `payload_too_large`. */
  create(owner: string, of: Pick<Conversation, 'metadata' | 'items'>): Promise<Conversation>
  find(owner: string, id: string): Promise<FoundConversation | undefined>
  /** Undefined where it is not there. `change` may be called again, with what somebody else has made of it. @throws AppError `payload_too_large`. */
  change(owner: string, id: string, change: (conversation: Conversation) => Conversation): Promise<Conversation | undefined>
  remove(owner: string, id: string): Promise<boolean>
}

const MOST_ITEMS = 10_000
/** A turn takes no more, as a rule. */
const ROOM_FOR_TURN = { items: 100, bytes: 1_024 * 1_024 }
/** Whoever is in the way of others waits a little, longer each time, and gives way at last. */
const MOST_TRIES = 50
const WAIT_MS = 4

/** We have written it ourselves: what is held is what the code relies on. */
const documentSchema = z.object({
  kind: z.literal('conversation'),
  created_at: z.int(),
  metadata: z.record(z.string(), z.string()),
  items: z.array(z.looseObject({ type: z.string(), id: z.string() })),
  last: z.string().nullable(),
})

export function isConversationId(id: string): boolean {
  return /^conv_[0-9a-f]{48}$/.test(id)
}

export function createKeptConversations({ store, retentionMs }: { store: () => Promise<ResponseStore>; retentionMs: number }): KeptConversations {
  const toEntry = (owner: string, { id, ...document }: Conversation): NewResponse => {
    const json = JSON.stringify({ kind: 'conversation', ...document })
    if (document.items.length > MOST_ITEMS || Buffer.byteLength(json) > MOST_KEPT_BYTES)
      throw new AppError('payload_too_large', `A conversation holds no more than ${MOST_ITEMS} items, and ${MOST_KEPT_BYTES} bytes.`)
    const createdAt = Date.now()
    return { id, owner, createdAt, endsAt: createdAt + retentionMs, open: false, json }
  }
  const read = async (owner: string, id: string): Promise<{ conversation: Conversation; version: number; bytes: number } | undefined> => {
    const entry = isConversationId(id) ? await (await store()).find(owner, id) : undefined
    if (!entry) return undefined
    const { kind: _kind, ...document } = documentSchema.parse(JSON.parse(entry.json))
    return { conversation: { id, ...document }, version: entry.version, bytes: Buffer.byteLength(entry.json) }
  }
  return {
    async create(owner, of) {
      const conversation: Conversation = { id: `conv_${randomBytes(24).toString('hex')}`, created_at: Math.floor(Date.now() / 1_000), ...of, last: null }
      await (await store()).add(toEntry(owner, conversation))
      return conversation
    },
    async find(owner, id) {
      const found = await read(owner, id)
      if (!found) return undefined
      const { conversation, bytes } = found
      const isFull = conversation.items.length > MOST_ITEMS - ROOM_FOR_TURN.items || bytes > MOST_KEPT_BYTES - ROOM_FOR_TURN.bytes
      return { ...conversation, isFull }
    },
    async change(owner, id, change) {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        const found = await read(owner, id)
        if (!found) return undefined
        const conversation = change(found.conversation)
        if (await (await store()).change(toEntry(owner, conversation), found.version)) return conversation
        await pause(Math.random() * WAIT_MS * (tries + 1))
      }
      throw new AppError('conflict', 'Too many requests change this conversation at once: try again.')
    },
    remove: async (owner, id) => isConversationId(id) && (await store()).remove(owner, id),
  }
}

/** A conversation with more said in it. What is there already, by its id, is not said twice. */
export function withItems(conversation: Conversation, items: readonly ConversationItem[], last: string | null = conversation.last): Conversation {
  const known = new Set(conversation.items.map(({ id }) => id))
  return { ...conversation, items: [...conversation.items, ...items.filter(({ id }) => !known.has(id))], last }
}
