import { stat } from 'node:fs/promises'
import { join } from 'node:path'

import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { describeAccountStore, userOf, type Place } from './contract/account-rules.ts'
import { openSqliteAccountStore } from './sqlite-account-store.ts'

describeAccountStore('the SQLite account store', openPlace)

test('who was added is there when the file is opened again', async () => {
  const place = await openPlace()
  const first = await place.open()
  await first.add(userOf('ann'))
  await first.close()
  const second = await place.open()
  expect(await second.find('user:ann')).toMatchObject({ name: 'ann' })
  await second.close()
  await place.dispose()
})

test('nobody else on this machine reads the file', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'console.db')
  const store = openSqliteAccountStore(path)
  await store.add(userOf('ann'))
  for (const each of [path, `${path}-wal`]) expect((await stat(each)).mode & 0o777).toBe(0o600)
  await store.close()
})

test('a place that cannot be written to is one clear line', () => {
  expect(() => openSqliteAccountStore('/dev/null/console.db')).toThrow(/account store \/dev\/null\/console\.db cannot be opened/)
})

async function openPlace(): Promise<Place> {
  const folder = await temporaryFolder()
  return { open: async () => openSqliteAccountStore(join(folder.path, 'console.db')), dispose: async () => folder[Symbol.asyncDispose]() }
}
