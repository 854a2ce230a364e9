import { stat } from 'node:fs/promises'
import { join } from 'node:path'

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

async function openPlace(): Promise<Place> {
  const folder = await temporaryFolder()
  return {
    open: async (now) =>
      openSqliteResponseStore({ path: join(folder.path, 'responses.db'), mostPerOwner: KEPT, mostBytesPerOwner: KEPT_BYTES, ...(now && { now }) }),
    dispose: async () => folder[Symbol.asyncDispose](),
  }
}
