import { randomUUID } from 'node:crypto'

import { createWriteWatch, openDatabase } from '@signalbox/sessions/sqlite'

import type { Also, ApprovalLedger } from '../approval-ledger.ts'
import { keptUntil, tokenHash } from '../used-tokens.ts'
import { verifyAudit } from '../verify-audit.ts'
import { waitBeyond } from '../wait-beyond.ts'
import { findApproval, insertApproval, readApprovals, updateApproval, type ApprovalRow } from './approval-rows.ts'
import { findEntries, insertNotes, pageAudit, readEntries, readHead } from './audit-rows.ts'
import { claimDeliveries, insertDelivery, lastDelivery, listDeliveries, settleDelivery } from './delivery-rows.ts'
import { listApprovals } from './list-approvals.ts'
import { MIGRATIONS } from './migrations.ts'
import { sweepLedger } from './sweep-ledger.ts'

export interface SqliteApprovalLedgerOptions {
  path: string
  /** How often those who wait look for what another process wrote, milliseconds. Writes of this process wake them at once. */
  pollMs?: number
}

/**
 * The approval ledger of one machine: `node:sqlite`, one file, safe for several processes on it. Each
 * operation is one transaction, and what is acknowledged survives a power cut.
 */
export function openSqliteApprovalLedger({ path, pollMs = 100 }: SqliteApprovalLedgerOptions): ApprovalLedger {
  const database = openDatabase({ path, name: 'approval ledger', migrations: MIGRATIONS, synchronous: 'full' })
  const { run, get, all, transaction } = database
  const version = (): number => get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? 0
  const writes = createWriteWatch({ version, pollMs })
  /** Who has taken messages: this ledger, and no other in any process. */
  const holder = randomUUID()

  /** One transaction, with what is written along; then those who wait for the audit look at it. */
  function write<Result>(work: () => Result): Result {
    const result = transaction(work)
    writes.wake()
    return result
  }

  function writeAlso({ notes, deliveries }: Also): void {
    insertNotes(database, notes)
    for (const delivery of deliveries) insertDelivery(database, delivery)
  }

  return {
    async open(approval, also) {
      return write(() => {
        const there = findApproval(database, approval.id)
        if (there) return there
        const opened = insertApproval(database, { ...approval, version: 1 })
        writeAlso(also)
        return opened
      })
    },

    async get(id) {
      return findApproval(database, id)
    },

    async change(approval, madeFrom, also) {
      return write(() => {
        const changed = updateApproval(database, approval, madeFrom, also.undelivered ?? false)
        writeAlso(also)
        return changed
      })
    },

    async list(query) {
      return listApprovals(database, query)
    },

    async undelivered(limit) {
      const rows = all<ApprovalRow>('SELECT id, json FROM approvals WHERE undelivered_at IS NOT NULL ORDER BY undelivered_at, id LIMIT ?', limit)
      return readApprovals(rows)
    },

    async delivered(id) {
      run('UPDATE approvals SET undelivered_at = NULL WHERE id = ?', id)
    },

    async due(now, limit) {
      return readApprovals(all<ApprovalRow>('SELECT id, json FROM approvals WHERE due_at <= ? ORDER BY due_at, id LIMIT ?', now.getTime(), limit))
    },

    async note(note) {
      const [entry] = write(() => insertNotes(database, [note]))
      if (!entry) throw new Error('a note makes an entry')
      return entry
    },

    async audit(query) {
      return pageAudit(database, query)
    },

    async entries(after, limit) {
      return readEntries(database, after, limit)
    },

    async head() {
      return readHead(database).seq
    },

    waitBeyond: (after, signal) => waitBeyond(writes, async () => readHead(database).seq, { after, signal }),

    verify: () => verifyAudit({ head: () => readHead(database), found: (after, limit) => findEntries(database, after, limit) }),

    async send(delivery) {
      return transaction(() => insertDelivery(database, delivery))
    },

    async claim(now, limit, leaseMs) {
      return claimDeliveries(database, { now: now.getTime(), limit, leaseMs, holder })
    },

    async settle(delivery) {
      settleDelivery(database, delivery, holder)
    },

    async deliveries(query) {
      return listDeliveries(database, query)
    },

    async lastDeliveries(channels) {
      return new Map(
        channels.flatMap((channel) => {
          const last = lastDelivery(database, channel)
          return last ? [[channel, last]] : []
        }),
      )
    },

    async useOnce(token, expiresAt) {
      return run('INSERT OR IGNORE INTO used (token, kept_until) VALUES (?, ?)', tokenHash(token), keptUntil(expiresAt)) === 1
    },

    async sweep(before) {
      return { removed: await sweepLedger(database, before.getTime()) }
    },

    async ping(signal) {
      signal.throwIfAborted()
      get('SELECT count(*) FROM sqlite_schema')
    },

    async close() {
      writes.close()
      database.close()
    },
  }
}
