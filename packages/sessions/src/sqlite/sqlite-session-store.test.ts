import { statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { AppError } from '@signalbox/errors'
import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { nodeThatMade, sampleSession } from '../contract/sample-session.ts'
import { acquired } from '../contract/stores.ts'
import { describeSessionStore, describeSessionStoreAcrossProcesses } from '../contract/index.ts'
import { MIGRATIONS } from './migrations.ts'
import { openSqliteSessionStore } from './sqlite-session-store.ts'

describeSessionStore('the SQLite session store', openFile)

describeSessionStoreAcrossProcesses('the SQLite session store across processes', async () => {
  const { path, ...place } = await openFile()
  const elsewhere = { module: new URL('./sqlite-session-store.ts', import.meta.url).href, open: 'openSqliteSessionStore', options: { path } }
  return { ...place, elsewhere }
})

test('what was written is there when the file is opened again, fence and all', async () => {
  const { open, dispose } = await openFile()
  const first = await open()
  const stored = await first.create(sampleSession(), [])
  const lease = await first.acquire(stored.document.id, { holder: 'a', leaseMs: 1 })
  await first.close()
  const second = await open()
  expect(await second.load(stored.document.id)).toEqual(stored)
  await second.delete(stored.document.id)
  await second.close()
  expect(lease?.fence).toBe(1)
  await dispose()
})

test('a place that cannot be written to is one clear line, and not worth another try', () => {
  const open = (): unknown => openSqliteSessionStore({ path: '/dev/null/sessions.db' })
  expect(open).toThrow(AppError)
  expect(open).toThrow(/^The session store \/dev\/null\/sessions\.db cannot be opened: [^\n]+\. Its folder must be one that can be written to\.$/)
})

test('a file that is something else is refused, and left as it is', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'letter.txt')
  await writeFile(path, 'Dear Sir or Madam, '.repeat(100))
  expect(() => openSqliteSessionStore({ path })).toThrow(/letter\.txt cannot be opened: file is not a database\./)
})

test('a file of a newer version is refused', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'sessions.db')
  const newer = new DatabaseSync(path)
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  expect(() => openSqliteSessionStore({ path })).toThrow(/written by a newer version of Signalbox/)
})

test('what an older version wrote is found by all that is looked for today', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'sessions.db')
  const old = new DatabaseSync(path)
  old.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`)
  const parent = sampleSession({ goal: 'Grüße ÜBERALL', request_id: 'req_old' })
  const child = sampleSession({ lineage: ['ses_outer', parent.id] })
  const { lineage: _lineage, ...ancient } = sampleSession({ goal: 'of before there were sub-plans' })
  for (const document of [parent, child, ancient]) {
    old
      .prepare(`INSERT INTO sessions VALUES (?, ?, 'active', 1, 0, 0, 0, NULL, 0, ?, ?, NULL, NULL, 0)`)
      .run(document.id, document.owner, Date.parse(document.created_at), Date.parse(document.updated_at))
    old.prepare('INSERT INTO documents VALUES (?, ?)').run(document.id, JSON.stringify(document))
  }
  old.prepare(`INSERT INTO sessions VALUES ('ses_broken', 'eve', 'failed', 1, 0, 0, 0, NULL, 0, 0, 0, 0, NULL, 0)`).run()
  old.prepare(`INSERT INTO documents VALUES ('ses_broken', '{')`).run()
  old.close()

  const store = openSqliteSessionStore({ path })
  const ids = async (query: object) => (await store.list({ limit: 9, owner: 'alice', ...query })).sessions.map(({ id }) => id).toSorted()
  expect(await ids({ roots: true })).toEqual([parent.id, ancient.id].toSorted())
  expect(await ids({ of: parent.id })).toEqual([child.id])
  expect(await ids({ text: 'grüße überall' })).toEqual([parent.id])
  expect(await ids({ text: 'req_old' })).toEqual([parent.id])
  await store.close()
})

test('a document that is not one any more is not handed out, and does not keep others from being swept', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'sessions.db')
  const store = openSqliteSessionStore({ path })
  const { document } = await store.create(sampleSession({ updated_at: '2020-01-01T00:00:00.000Z' }), [])
  await store.create(sampleSession({ updated_at: '2020-01-01T00:00:00.000Z' }), [])
  const meddler = new DatabaseSync(path)
  meddler.prepare(`UPDATE documents SET json = '{"schema":7}' WHERE session = ?`).run(document.id)
  meddler.close()

  await expect(store.load(document.id)).rejects.toThrow(/schema/)
  expect(await store.sweep({ finishedBefore: new Date(0), abandonedBefore: new Date('2021-01-01') })).toEqual({ removed: 0, expired: 2 })
  await store.close()
})

test('a save after a large output writes little', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'sessions.db')
  const store = openSqliteSessionStore({ path })
  const created = await store.create(sampleSession({ nodes: { n1: nodeThatMade(1_000_000) } }), [])
  const lease = await acquired(store, created.document.id)
  const reader = new DatabaseSync(path)
  reader.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  await store.save(lease, { ...created, events: [] })
  expect(statSync(`${path}-wal`).size).toBeLessThan(100_000)
  expect(reader.prepare('SELECT length(json) < 3000 AS little FROM documents').get()).toEqual({ little: 1 })
  reader.close()
  await store.close()
})

test('a store that was closed says so', async () => {
  await using folder = await temporaryFolder()
  const store = openSqliteSessionStore({ path: join(folder.path, 'sessions.db') })
  await store.close()
  await expect(store.load('ses_1')).rejects.toMatchObject({ code: 'unavailable' })
  await expect(store.ping(AbortSignal.timeout(1_000))).rejects.toMatchObject({ code: 'unavailable' })
})

/** A store's place: a folder that is made when it is first opened. */
async function openFile(): Promise<{ path: string; open: () => Promise<ReturnType<typeof openSqliteSessionStore>>; dispose: () => Promise<void> }> {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'deep', 'sessions.db')
  return { path, open: async () => openSqliteSessionStore({ path, pollMs: 10 }), dispose: async () => folder[Symbol.asyncDispose]() }
}
