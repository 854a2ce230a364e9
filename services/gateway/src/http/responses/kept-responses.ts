import { hash, randomBytes } from 'node:crypto'

import { AppError, toAppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'

import type { ResponseStore, StoredResponse } from '../../core/responses/response-store.ts'
import { readDocument, toEntry, type FoundResponse, type OwnResponse, type ResponseDocument } from './response-document.ts'

/** The responses that are kept, read and written whole. */
export interface KeptResponses {
  find(owner: string, id: string): Promise<FoundResponse | undefined>
  /** Keeps one that is over, also where one of its id is kept already. Answers false where it cannot be kept; the caller has its answer all the same. */
  keep(owner: string, document: ResponseDocument, id: string): Promise<boolean>
  /** Begins one that is still to come. @throws AppError `conflict` where there is one of that id. */
  begin(owner: string, document: OwnResponse): Promise<StoredResponse>
  /** Writes what has become of one. Answers false where it is another by now. */
  write(entry: StoredResponse, document: OwnResponse, open: boolean): Promise<boolean>
  remove(owner: string, id: string): Promise<boolean>
  listOpen(limit: number): Promise<FoundResponse[]>
}

export interface KeptOptions {
  /** Opened when it is first needed. */
  store: () => Promise<ResponseStore>
  retentionMs: number
  telemetry: Telemetry
}

export function createKeptResponses({ store, retentionMs, telemetry }: KeptOptions): KeptResponses {
  const toNew = (owner: string, id: string) => {
    const createdAt = Date.now()
    return { id, owner, createdAt, endsAt: createdAt + retentionMs }
  }
  const replace = async (owner: string, document: ResponseDocument, id: string): Promise<void> => {
    const kept = await store()
    const entry = toEntry(toNew(owner, id), document, false)
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
    async keep(owner, document, id) {
      try {
        await replace(owner, document, id)
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
