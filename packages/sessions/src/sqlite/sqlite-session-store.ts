import { followEvents } from '../follow-events.ts'
import { heedInbox } from '../heed-inbox.ts'
import { createDocumentPacker } from '../pack-document.ts'
import { noSuchSession } from '../session-errors.ts'
import type { Lease, SessionStore } from '../session-store.ts'
import { listSessions } from './list-sessions.ts'
import { MIGRATIONS } from './migrations.ts'
import { openDatabase } from './open-database.ts'
import {
  insertEvents,
  insertSession,
  readDocument,
  readEvents,
  readInbox,
  requireFence,
  requireRevision,
  SELECT_DOCUMENTS,
  writeChange,
  type DocumentRow,
} from './session-rows.ts'
import { expireAbandoned, removeFinished } from './sweep-sessions.ts'
import { createWriteWatch } from './watch-writes.ts'

export interface SqliteSessionStoreOptions {
  path: string
  /** `normal` survives a killed process; `full` survives a power cut too, at some milliseconds a save. */
  synchronous?: 'normal' | 'full'
  /** How often followers look for what another process wrote, milliseconds. Writes of this process wake them at once. */
  pollMs?: number
}

/** The session store of one machine: `node:sqlite`, one file, safe for several processes on it. Each operation is one transaction. */
export function openSqliteSessionStore(options: SqliteSessionStoreOptions): SessionStore {
  const database = openDatabase({ path: options.path, name: 'session store', migrations: MIGRATIONS, synchronous: options.synchronous ?? 'normal' })
  const { run, get, all, transaction } = database
  const version = (): number => get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? 0
  const packer = createDocumentPacker()
  const writes = createWriteWatch({ version, pollMs: options.pollMs ?? 100 })

  /** One transaction, after which those who follow the session look at it. */
  function write<Result>(id: string, work: () => Result): Result {
    const result = transaction(work)
    writes.wake(id)
    return result
  }

  const releaseLease = ({ id, fence }: Lease): void => {
    run('UPDATE sessions SET fence = fence + 1, lease_holder = NULL, lease_expires_at = 0 WHERE id = ? AND fence = ?', id, fence)
  }

  return {
    async create(document, events) {
      const packed = packer.pack(document, { whole: true })
      const stored = write(document.id, () => insertSession(database, document, packed, events))
      packed.stored()
      return stored
    },

    async load(id) {
      const row = get<DocumentRow>(`${SELECT_DOCUMENTS} WHERE id = ?`, id)
      return row && readDocument(database, packer, row)
    },

    async list(query) {
      return listSessions(database, packer, query)
    },

    async delete(id) {
      write(id, () => run('DELETE FROM sessions WHERE id = ?', id))
    },

    async acquire(id, { holder, leaseMs }) {
      return transaction(() => {
        const row = get<{ fence: number; lease_expires_at: number }>('SELECT fence, lease_expires_at FROM sessions WHERE id = ?', id)
        if (!row) throw noSuchSession(id)
        const now = Date.now()
        if (row.lease_expires_at > now) return undefined
        const lease = { id, holder, fence: row.fence + 1, expiresAt: now + leaseMs }
        run('UPDATE sessions SET fence = ?, lease_holder = ?, lease_expires_at = ? WHERE id = ?', lease.fence, holder, lease.expiresAt, id)
        return lease
      })
    },

    async renew({ id, fence }, leaseMs) {
      const now = Date.now()
      return run('UPDATE sessions SET lease_expires_at = ? WHERE id = ? AND fence = ? AND lease_expires_at > ?', now + leaseMs, id, fence, now) === 1
    },

    async release(lease) {
      releaseLease(lease)
    },

    async save(lease, change) {
      // Made before the transaction, so that no other process waits for it.
      const packed = packer.pack(change.document)
      const stored = write(lease.id, () => {
        const row = requireFence(database, lease)
        requireRevision(row, change)
        return writeChange(database, row, packed, change)
      })
      packed.stored()
      return stored
    },

    async append(lease, events) {
      return write(lease.id, () => {
        const row = requireFence(database, lease)
        run('UPDATE sessions SET last_seq = ? WHERE id = ?', row.last_seq + events.length, lease.id)
        return insertEvents(database, lease.id, row.last_seq, events)
      })
    },

    async park(lease, change) {
      const packed = packer.pack(change.document)
      const parked = write(lease.id, () => {
        const row = requireFence(database, lease)
        requireRevision(row, change)
        if (get('SELECT 1 FROM inbox WHERE session = ? AND position > ?', lease.id, change.consumed ?? 0)) return false
        writeChange(database, row, packed, change)
        releaseLease(lease)
        return true
      })
      if (parked) packed.stored()
      return parked
    },

    async push(id, message) {
      write(id, () => {
        // The session counts, so that a position is never given twice, even when all before it were consumed.
        const row = get<{ last_position: number }>('UPDATE sessions SET last_position = last_position + 1 WHERE id = ? RETURNING last_position', id)
        if (!row) throw noSuchSession(id)
        run('INSERT INTO inbox (session, position, json) VALUES (?, ?, ?)', id, row.last_position, JSON.stringify(message))
      })
    },

    async inbox(id) {
      return readInbox(database, id, 0, Number.MAX_SAFE_INTEGER)
    },

    heed: (id, signal) =>
      heedInbox(
        () => writes.listen(id, signal),
        (after, limit) => {
          const entries = readInbox(database, id, after, limit)
          return entries.length > 0 || get('SELECT 1 FROM sessions WHERE id = ?', id) ? entries : undefined
        },
      ),

    async events(id, after, limit) {
      return readEvents(database, id, after, limit)
    },

    follow: (id, after, signal) =>
      followEvents(
        () => writes.listen(id, signal),
        after,
        (seen, limit) => {
          // Asked before the events are read: what ended the session was written with its last events.
          const row = get<{ finished_at: number | null }>('SELECT finished_at FROM sessions WHERE id = ?', id)
          return { over: !row || row.finished_at !== null, events: readEvents(database, id, seen, limit) }
        },
      ),

    async unattended(limit) {
      const rows = all<{ id: string }>(
        `SELECT id FROM sessions WHERE finished_at IS NULL AND lease_expires_at <= ?1
         AND (status = 'active' OR wake_at <= ?1 OR EXISTS (SELECT 1 FROM inbox WHERE session = id))
         ORDER BY created_at LIMIT ?2`,
        Date.now(),
        limit,
      )
      return rows.map(({ id }) => id)
    },

    async ping(signal) {
      signal.throwIfAborted()
      get('SELECT count(*) FROM sqlite_schema')
    },

    async sweep({ finishedBefore, abandonedBefore }) {
      const removed = await removeFinished(database, finishedBefore.getTime())
      const expired = expireAbandoned(database, abandonedBefore.getTime(), new Date())
      for (const id of expired) writes.wake(id)
      return { removed, expired: expired.length }
    },

    async close() {
      writes.close()
      database.close()
    },
  }
}
