import { join } from 'node:path'

import { temporaryFolder } from '@signalbox/testing'
import { expect, test } from 'vitest'

import { describeSessionStore } from '../contract/index.ts'
import { openSqliteSessionStore } from './sqlite-session-store.ts'

describeSessionStore('the SQLite session store', async () => {
  const folder = await temporaryFolder()
  const path = join(folder.path, 'deep', 'sessions.db')
  return { open: async () => openSqliteSessionStore({ path, pollMs: 10 }), dispose: async () => folder[Symbol.asyncDispose]() }
})

test('a file that cannot be opened is one clear line', () => {
  expect(() => openSqliteSessionStore({ path: '/dev/null/sessions.db' })).toThrow(/The session store .* cannot be opened/)
})
