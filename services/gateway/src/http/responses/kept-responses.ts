import { hash, randomBytes } from 'node:crypto'

import { AppError, toAppError } from '@signalbox/errors'
import type { ConversationItem } from '@signalbox/openai-wire/responses'
import type { Telemetry } from '@signalbox/telemetry'

import type { ResponseStore, StoredResponse } from '../../core/responses/response-store.ts'
import { isConversationId, withItems, type KeptConversations } from './kept-conversations.ts'
import { readDocument, toEntry, type FoundResponse, type OwnResponse, type ResponseDocument } from './response-document.ts'

/** The responses that are kept, read and written whole. */
export interface KeptResponses {
  find(owner: string, id: string): Promise<FoundResponse | undefined>
  /**
   * Keeps one that is over, also where one of its id is kept already; `items` are the ids of its items, where they are not
   * ours. Answers false where it cannot be kept; the caller has its answer all the same.
   */
  keep(owner: string, document: ResponseDocument, id: string, items?: readonly string[]): Promise<boolean>
  /** Keeps one of ours that has been told, where it is to be kept, and adds it to its conversation. */
  keepTold(owner: string, document: OwnResponse): Promise<void>
  /** Begins one that is still to come. @throws AppError `conflict` where there is one of that id. */
  begin(owner: string, document: OwnResponse): Promise<StoredResponse>
  /** Writes what has become of one; what is over is added to its conversation. Answers false where it is another by now. */
  write(entry: StoredResponse, document: OwnResponse, open: boolean): Promise<boolean>
  remove(owner: string, id: string): Promise<boolean>
  /** Those of the ids, of responses and of items, that are known to be somebody else's. */
  findForeign(owner: string, ids: readonly string[]): Promise<string[]>
  listOpen(limit: number): Promise<FoundResponse[]>
}

export interface KeptOptions {
  /** Opened when it is first needed. */
  store: () => Promise<ResponseStore>
  retentionMs: number
  /** Whether it is to be known whose an id is: where ids are passed on to an endpoint that keeps everybody's. */
  knowsNames: boolean
  telemetry: Telemetry
  conversations: KeptConversations
}

export function createKeptResponses({ store, retentionMs, knowsNames, telemetry, conversations }: KeptOptions): KeptResponses {
  const toNew = (owner: string, id: string, items: readonly string[] = []) => {
    const createdAt = Date.now()
    return { id, owner, createdAt, endsAt: createdAt + retentionMs, ...(knowsNames && { names: [id, ...items] }) }
  }
  const replace = async (owner: string, document: ResponseDocument, id: string, items?: readonly string[]): Promise<void> => {
    const kept = await store()
    const entry = toEntry(toNew(owner, id, items), document, false)
    if (!entry) throw tooMuch()
    try {
      await kept.add(entry)
    } catch (error) {
      if (toAppError(error).code !== 'conflict') throw error
      const known = await kept.find(owner, id)
      if (known) await kept.change({ ...entry, createdAt: known.createdAt }, known.version)
    }
  }
  /** What was said and answered becomes a part of the conversation, unless nothing was answered. */
  const join = async (owner: string, { response, input }: OwnResponse): Promise<void> => {
    const { conversation, id, status, output } = response
    if (!conversation || (status !== 'completed' && status !== 'incomplete')) return
    const said = [...input, ...(output as unknown as ConversationItem[])]
    await conversations
      .change(owner, conversation.id, (found) => withItems(found, said, response.store ? id : null))
      .catch((error: unknown) => telemetry.log.warn({ err: error, response_id: id }, 'a response could not be added to its conversation'))
  }
  const keep: KeptResponses['keep'] = async (owner, document, id, items) => {
    try {
      await replace(owner, document, id, items)
      return true
    } catch (error) {
      telemetry.log.warn({ err: error, response_id: id }, 'a response could not be kept')
      return false
    }
  }
  return {
    async find(owner, id) {
      if (isConversationId(id)) return undefined
      const entry = await (await store()).find(owner, id)
      return entry && readDocument(entry)
    },
    keep,
    async keepTold(owner, document) {
      if (document.response.store) await keep(owner, document, document.response.id)
      await join(owner, document)
    },
    async begin(owner, document) {
      const entry = toEntry(toNew(owner, document.response.id), document, true)
      if (!entry) throw tooMuch()
      await (await store()).add(entry)
      return { ...entry, version: 1 }
    },
    async write(entry, document, open) {
      const next = toEntry(entry, document, open) ?? toEntry(entry, withoutEvents(document), open)
      if (!next) throw tooMuch()
      const isWritten = await (await store()).change(next, entry.version)
      if (isWritten && !open) await join(entry.owner, document)
      return isWritten
    },
    remove: async (owner, id) => (await store()).remove(owner, id),
    findForeign: async (owner, ids) => (ids.length === 0 ? [] : (await store()).findForeign(owner, ids)),
    async listOpen(limit) {
      return (await (await store()).listOpen(limit)).map(readDocument)
    },
  }
}

/** `resp_` and 48 digits: what is made of a key is the same every time. */
export function createResponseId(key?: { owner: string; key: string }): string {
  return `resp_${key === undefined ? randomBytes(24).toString('hex') : hash('sha256', `${key.owner}\n${key.key}`).slice(0, 48)}`
}

function withoutEvents({ events: _events, ...document }: OwnResponse): OwnResponse {
  return document
}

function tooMuch(): AppError {
  return new AppError('payload_too_large', 'The response is too large to be stored: send store: false.', { param: 'store' })
}
