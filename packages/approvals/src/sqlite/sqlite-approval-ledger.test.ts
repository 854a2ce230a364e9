import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { describeApprovalLedger, describeApprovalLedgerAcrossProcesses, type LedgerPlace, type Tamper } from '../contract/index.ts'
import { sampleApproval, sampleNote } from '../contract/sample-approval.ts'
import { openSqliteApprovalLedger } from './sqlite-approval-ledger.ts'

describeApprovalLedger('the SQLite approval ledger', openPlace)

describeApprovalLedgerAcrossProcesses('the SQLite approval ledger across processes', async () => {
  const place = await openPlace()
  const elsewhere = { module: new URL('./sqlite-approval-ledger.ts', import.meta.url).href, open: 'openSqliteApprovalLedger', options: { path: place.path } }
  return { ...place, elsewhere }
})

test('what was written is there when the file is opened again, and the chain goes on', async () => {
  const { open, dispose } = await openPlace()
  const first = await open()
  const opened = await first.open(sampleApproval(), { notes: [sampleNote()], deliveries: [] })
  await first.close()
  const second = await open()
  expect(await second.get(opened.id)).toEqual(opened)
  expect((await second.note(sampleNote())).seq).toBe(2)
  expect(await second.verify()).toMatchObject({ ok: true, entries: 2 })
  await second.close()
  await dispose()
})

test('nobody changes or removes an entry by mistake', async () => {
  const { open, path, dispose } = await openPlace()
  const ledger = await open()
  await ledger.note(sampleNote())
  const meddler = new DatabaseSync(path)
  expect(() => meddler.exec(`UPDATE audit SET json = '{}'`)).toThrow('the audit is never changed')
  expect(() => meddler.exec('DELETE FROM audit')).toThrow('the audit is never removed')
  meddler.close()
  await ledger.close()
  await dispose()
})

test('a place that cannot be written to is one clear line', () => {
  expect(() => openSqliteApprovalLedger({ path: '/dev/null/approvals.db' })).toThrow(
    /^The approval ledger \/dev\/null\/approvals\.db cannot be opened: [^\n]+\. Its folder must be one that can be written to\.$/,
  )
})

/** A ledger's place: a folder that is made when it is first opened. */
async function openPlace(): Promise<LedgerPlace & { path: string }> {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'deep', 'approvals.db')
  return {
    path,
    open: async () => openSqliteApprovalLedger({ path, pollMs: 10 }),
    tamper: tamperWith(path),
    dispose: async () => folder[Symbol.asyncDispose](),
  }
}

function tamperWith(path: string): Tamper {
  function meddle<Result>(work: (file: DatabaseSync) => Result): Result {
    const file = new DatabaseSync(path, { timeout: 5_000 })
    try {
      file.exec('DROP TRIGGER IF EXISTS audit_is_not_changed; DROP TRIGGER IF EXISTS audit_is_not_removed')
      return work(file)
    } finally {
      file.close()
    }
  }
  return {
    overwrite: async (seq, json) => void meddle((file) => file.prepare('UPDATE audit SET json = ? WHERE seq = ?').run(json, seq)),
    remove: async (seq) => void meddle((file) => file.prepare('DELETE FROM audit WHERE seq = ?').run(seq)),
    append: async (json) =>
      void meddle((file) => file.prepare(`INSERT INTO audit (seq, kind, json) SELECT max(seq) + 1, 'approval.viewed', ? FROM audit`).run(json)),
    read: async (seq) => meddle((file) => String(file.prepare('SELECT json FROM audit WHERE seq = ?').get(seq)?.['json'])),
    spoil: async (id) => void meddle((file) => file.prepare(`UPDATE approvals SET json = '{"schema":7}' WHERE id = ?`).run(id)),
  }
}
