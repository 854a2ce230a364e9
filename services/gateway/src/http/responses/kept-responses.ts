import { hash, randomBytes } from 'node:crypto'

import { AppError, toAppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'

import type { ResponseStore, StoredResponse } from '../../core/responses/response-store.ts'
import { readDocument, toEntry, type FoundResponse, type OwnResponse, type ResponseDocument } from './response-document.ts'

/** The responses that are kept, read and written whole. */
export interface KeptResponses {
  find(owner: string, id: string): Promise<FoundResponse | undefined>
  /**
   * Keeps one that is over, also where one of its id is kept already; `items` are the ids of its items, where they are not
   * ours. Answers false where it cannot be kept; the caller has its answer all the same.
   */
  keep(owner: string, document: ResponseDocument, id: string, items?: readonly string[]): Promise<boolean>
  /** Begins one that is still to come. @throws AppError `conflict` where there is one of that id. */
  begin(owner: string, document: OwnResponse): Promise<StoredResponse>
  /** Writes what has become of one. Answers false where it is another by now. */
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
}

export function createKeptResponses({ store, retentionMs, knowsNames, telemetry }: KeptOptions): KeptResponses {
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
  return {
    async find(owner, id) {
      const entry = await (await store()).find(owner, id)
      return entry && readDocument(entry)
    },
    async keep(owner, document, id, items) {
      try {
        await replace(owner, document, id, items)
        return true
      } catch (error) {
        telemetry.log.warn({ err: error, response_id: id }, 'a response could not be kept')
        return false
      }
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
      return (await store()).change(next, entry.version)
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
