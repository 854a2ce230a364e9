import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { describeResponseStore, entryOf, KEPT, KEPT_BYTES, type Place } from './contract/response-rules.ts'
import { openSqliteResponseStore } from './sqlite-response-store.ts'

describeResponseStore('the SQLite response store', openPlace)

test('what was added is there when the file is opened again, and nobody else on this machine reads it', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'responses.db')
  const first = openSqliteResponseStore({ path })
  await first.add(entryOf('resp_1'))
  for (const each of [path, `${path}-wal`]) expect((await stat(each)).mode & 0o777).toBe(0o600)
  await first.close()
  const second = openSqliteResponseStore({ path })
  expect(await second.find('ann', 'resp_1')).toMatchObject({ id: 'resp_1' })
  await second.close()
})

test('sweeping takes what is over from the file, and nothing else', async () => {
  await using folder = await temporaryFolder()
  const store = openSqliteResponseStore({ path: join(folder.path, 'responses.db'), now: () => 0 })
  await store.add(entryOf('resp_1', { endsAt: 10 }))
  await store.add(entryOf('resp_2', { endsAt: 20 }))
  await store.sweep(10)
  expect(await store.find('ann', 'resp_1')).toBeUndefined()
  expect(await store.find('ann', 'resp_2')).toBeDefined()
  await store.close()
})

test('a file that was written before bytes were counted is gone on with, and what is in it counts', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'responses.db')
  const before = new DatabaseSync(path)
  before.exec(`
    CREATE TABLE responses (owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, created_at INTEGER NOT NULL,
      ends_at INTEGER NOT NULL, open INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (owner, id)) STRICT;
    INSERT INTO responses VALUES ('ann', 'resp_1', 1, 1, 9e15, 0, '"${'ü'.repeat(300)}"'), ('ann', 'resp_2', 1, 2, 9e15, 0, '"small"');
    PRAGMA user_version = 1;`)
  before.close()
  const store = openSqliteResponseStore({ path, mostBytesPerOwner: 700 })
  expect(await store.find('ann', 'resp_1')).toBeDefined()
  await store.add(entryOf('resp_3', { json: `"${'x'.repeat(100)}"` }))
  expect(await store.find('ann', 'resp_1')).toBeUndefined()
  expect(await store.find('ann', 'resp_2')).toBeDefined()
  await store.close()
})

async function openPlace(): Promise<Place> {
  const folder = await temporaryFolder()
  return {
    open: async (now) =>
      openSqliteResponseStore({ path: join(folder.path, 'responses.db'), mostPerOwner: KEPT, mostBytesPerOwner: KEPT_BYTES, ...(now && { now }) }),
    dispose: async () => folder[Symbol.asyncDispose](),
  }
}
