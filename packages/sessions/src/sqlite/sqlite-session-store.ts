import { EventEmitter, once } from 'node:events'
import type { SQLInputValue, StatementSync } from 'node:sqlite'

import { sessionDocumentSchema, sessionEventSchema, TERMINAL_EVENTS, type NewSessionEvent, type SessionDocument, type SessionEvent } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'

import type { InboxMessage, Lease, SessionChange, SessionStore, StoredSession } from '../session-store.ts'
import { openDatabase } from './open-database.ts'

export interface SqliteSessionStoreOptions {
  path: string
  /** `normal` survives a killed process; `full` survives a power cut too, at some milliseconds a save. */
  synchronous?: 'normal' | 'full'
  /** How often a follower looks for what another process wrote, milliseconds. Writes of this process wake it at once. */
  pollMs?: number
}

interface Row {
  json: string
  rev: number
  fence: number
  last_seq: number
  lease_holder: string | null
  lease_expires_at: number
}

const FOLLOW_BATCH = 256

/** The session store of one machine: `node:sqlite`, one file, safe for several processes on it. */
export function openSqliteSessionStore(options: SqliteSessionStoreOptions): SessionStore {
  const database = openDatabase(options.path, options.synchronous ?? 'normal')
  const written = new EventEmitter().setMaxListeners(0)
  const statements = new Map<string, StatementSync>()
  const sql = (text: string): StatementSync => {
    const known = statements.get(text) ?? database.prepare(text)
    statements.set(text, known)
    return known
  }
  const run = (text: string, ...values: SQLInputValue[]): number => Number(sql(text).run(...values).changes)
  const get = <Found>(text: string, ...values: SQLInputValue[]): Found | undefined => sql(text).get(...values) as Found | undefined
  const all = <Found>(text: string, ...values: SQLInputValue[]): Found[] => sql(text).all(...values) as Found[]

  function transaction<Result>(work: () => Result): Result {
    database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      database.exec('COMMIT')
      return result
    } catch (error) {
      database.exec('ROLLBACK')
      throw error
    }
  }

  function requireFence(lease: Lease): Row {
    const row = get<Row>('SELECT json, rev, fence, last_seq, lease_holder, lease_expires_at FROM sessions WHERE id = ?', lease.id)
    if (!row) throw new AppError('not_found', `There is no session ${lease.id}.`)
    // Equality with the current fence: a newer holder raised it when it acquired, not when it first saved.
    if (row.fence !== lease.fence) throw new AppError('stale_lease', 'Somebody else holds the session by now.')
    return row
  }

  function addEvents(id: string, after: number, events: readonly NewSessionEvent[]): SessionEvent[] {
    return events.map((event, index) => {
      const numbered = { ...event, seq: after + index + 1 } as SessionEvent
      run('INSERT INTO events (session, seq, json) VALUES (?, ?, ?)', id, numbered.seq, JSON.stringify(numbered))
      return numbered
    })
  }

  /** Writes document, events and inbox; the caller is inside a transaction. */
  function write(lease: Lease, { document, rev, events, consumed = 0 }: SessionChange): StoredSession {
    const row = requireFence(lease)
    if (row.rev !== rev) throw new AppError('conflict', `The session has moved on: revision ${row.rev}, not ${rev}.`)
    const last_seq = row.last_seq + events.length
    const saved: SessionDocument = { ...document, last_seq }
    addEvents(lease.id, row.last_seq, events)
    run('DELETE FROM inbox WHERE session = ? AND position <= ?', lease.id, consumed)
    run('UPDATE sessions SET json = ?, status = ?, rev = ?, last_seq = ?, updated_at = ? WHERE id = ?', JSON.stringify(saved), saved.status, rev + 1, last_seq, saved.updated_at, lease.id)
    return { document: saved, rev: rev + 1 }
  }

  const toStored = (row: Row): StoredSession => ({ document: { ...sessionDocumentSchema.parse(JSON.parse(row.json)), last_seq: row.last_seq }, rev: row.rev })
  const readEvents = (id: string, after: number, limit: number): SessionEvent[] =>
    all<{ json: string }>('SELECT json FROM events WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?', id, after, limit).map(({ json }) => sessionEventSchema.parse(JSON.parse(json)))
  const releaseRow = (lease: Lease): void => void run('UPDATE sessions SET lease_holder = NULL, lease_expires_at = 0 WHERE id = ? AND fence = ? AND lease_holder = ?', lease.id, lease.fence, lease.holder)

  return {
    async create(document, events) {
      const stored = transaction(() => {
        if (get('SELECT 1 FROM sessions WHERE id = ?', document.id)) throw new AppError('conflict', `Session ${document.id} is there already.`)
        const saved = { ...document, last_seq: events.length }
        run(
          'INSERT INTO sessions (id, owner, status, json, rev, last_seq, created_at, updated_at) VALUES (?, ?, ?, ?, 1, ?, ?, ?)',
          saved.id, saved.owner, saved.status, JSON.stringify(saved), saved.last_seq, saved.created_at, saved.updated_at,
        )
        addEvents(saved.id, 0, events)
        return { document: saved, rev: 1 }
      })
      written.emit(document.id)
      return stored
    },

    async load(id) {
      const row = get<Row>('SELECT json, rev, fence, last_seq, lease_holder, lease_expires_at FROM sessions WHERE id = ?', id)
      return row && toStored(row)
    },

    async list({ owner, statuses, limit, cursor }) {
      const [createdAt, id] = cursor === undefined ? ['9', ''] : readCursor(cursor)
      const states = JSON.stringify(statuses ?? [])
      const wanted = `owner = ? AND (? = '[]' OR status IN (SELECT value FROM json_each(?)))`
      const rows = all<Row>(
        `SELECT json, rev, fence, last_seq, lease_holder, lease_expires_at FROM sessions WHERE ${wanted} AND (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
        owner, states, states, createdAt, id, limit + 1,
      )
      const sessions = rows.slice(0, limit).map((row) => toStored(row).document)
      const last = sessions.at(-1)
      const total = get<{ n: number }>(`SELECT count(*) AS n FROM sessions WHERE ${wanted}`, owner, states, states)?.n ?? 0
      return { sessions, total, nextCursor: last && rows.length > limit ? Buffer.from(`${last.created_at} ${last.id}`).toString('base64url') : undefined }
    },

    async delete(id) {
      transaction(() => {
        for (const table of ['events', 'inbox']) run(`DELETE FROM ${table} WHERE session = ?`, id)
        run('DELETE FROM sessions WHERE id = ?', id)
      })
    },

    async acquire(id, { holder, leaseMs }) {
      return transaction(() => {
        const now = Date.now()
        const row = get<Row>('SELECT json, rev, fence, last_seq, lease_holder, lease_expires_at FROM sessions WHERE id = ?', id)
        if (!row) throw new AppError('not_found', `There is no session ${id}.`)
        if (row.lease_holder !== null && row.lease_expires_at > now) return undefined
        const lease = { id, holder, fence: row.fence + 1, expiresAt: now + leaseMs }
        run('UPDATE sessions SET fence = ?, lease_holder = ?, lease_expires_at = ? WHERE id = ?', lease.fence, holder, lease.expiresAt, id)
        return lease
      })
    },

    async renew(lease, leaseMs) {
      const expiresAt = Date.now() + leaseMs
      const held = run('UPDATE sessions SET lease_expires_at = ? WHERE id = ? AND fence = ? AND lease_holder = ?', expiresAt, lease.id, lease.fence, lease.holder) === 1
      if (held) lease.expiresAt = expiresAt
      return held
    },

    release: async (lease) => releaseRow(lease),

    async save(lease, change) {
      const stored = transaction(() => write(lease, change))
      written.emit(lease.id)
      return stored
    },

    async append(lease, events) {
      const numbered = transaction(() => {
        const row = requireFence(lease)
        run('UPDATE sessions SET last_seq = ? WHERE id = ?', row.last_seq + events.length, lease.id)
        return addEvents(lease.id, row.last_seq, events)
      })
      written.emit(lease.id)
      return numbered
    },

    async park(lease, change) {
      const parked = transaction(() => {
        requireFence(lease)
        const unread = get('SELECT 1 FROM inbox WHERE session = ? AND position > ?', lease.id, change.consumed ?? 0)
        if (unread) return false
        write(lease, change)
        releaseRow(lease)
        return true
      })
      if (parked) written.emit(lease.id)
      return parked
    },

    async push(id, message) {
      transaction(() => {
        // The counter lives on the session, so that a position is never given twice.
        const row = get<{ inbox_seq: number }>('UPDATE sessions SET inbox_seq = inbox_seq + 1 WHERE id = ? RETURNING inbox_seq', id)
        if (!row) throw new AppError('not_found', `There is no session ${id}.`)
        run('INSERT INTO inbox (session, position, json) VALUES (?, ?, ?)', id, row.inbox_seq, JSON.stringify(message))
      })
      written.emit(id)
    },

    inbox: async (id) =>
      all<{ position: number; json: string }>('SELECT position, json FROM inbox WHERE session = ? ORDER BY position', id).map(({ position, json }) => ({ position, message: JSON.parse(json) as InboxMessage })),

    events: async (id, after, limit) => readEvents(id, after, limit),

    async *follow(id, after, signal) {
      let seen = after
      while (!signal.aborted) {
        // Listening begins before reading, so that a write in between is not missed.
        const more = nextWrite(written, id, options.pollMs ?? 100, signal)
        const events = readEvents(id, seen, FOLLOW_BATCH)
        for (const event of events) {
          yield event
          seen = event.seq
          if (TERMINAL_EVENTS.has(event.type)) return
        }
        if (events.length < FOLLOW_BATCH) await more
      }
    },

    async unattended(limit) {
      return all<{ id: string }>(
        `SELECT id FROM sessions s WHERE lease_expires_at <= ? AND (status = 'active' OR (status NOT IN ('completed', 'failed', 'canceled', 'expired') AND EXISTS (SELECT 1 FROM inbox WHERE session = s.id))) ORDER BY updated_at LIMIT ?`,
        Date.now(), limit,
      ).map(({ id }) => id)
    },

    async sweep({ finishedBefore, abandonedBefore }) {
      return transaction(() => {
        const finished = all<{ id: string }>(`SELECT id FROM sessions WHERE status IN ('completed', 'failed', 'canceled', 'expired') AND updated_at < ?`, finishedBefore.toISOString())
        for (const { id } of finished) {
          for (const table of ['events', 'inbox']) run(`DELETE FROM ${table} WHERE session = ?`, id)
          run('DELETE FROM sessions WHERE id = ?', id)
        }
        const now = new Date().toISOString()
        const abandoned = all<Row & { id: string }>(
          `SELECT id, json, rev, fence, last_seq, lease_holder, lease_expires_at FROM sessions WHERE status IN ('active', 'waiting_approval') AND updated_at < ? AND lease_expires_at <= ?`,
          abandonedBefore.toISOString(), Date.now(),
        )
        for (const row of abandoned) {
          const document: SessionDocument = { ...toStored(row).document, status: 'expired', updated_at: now, finished_at: now }
          run(`UPDATE sessions SET json = ?, status = 'expired', rev = rev + 1, fence = fence + 1, updated_at = ? WHERE id = ?`, JSON.stringify(document), now, row.id)
        }
        return { removed: finished.length, expired: abandoned.length }
      })
    },

    async close() {
      written.removeAllListeners()
      database.close()
    },
  }
}

/** Settles at the next write of this process to the session, after `pollMs`, or when the signal aborts. Never rejects. */
function nextWrite(written: EventEmitter, id: string, pollMs: number, signal: AbortSignal): Promise<void> {
  const until = AbortSignal.any([signal, AbortSignal.timeout(pollMs)])
  return once(written, id, { signal: until }).then(
    () => undefined,
    () => undefined,
  )
}

function readCursor(cursor: string): [createdAt: string, id: string] {
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  if (!createdAt || !id) throw new AppError('invalid_request', 'The cursor is not one of ours.', { param: 'cursor' })
  return [createdAt, id]
}
