import { expect, test } from 'vitest'

import { createId, isSessionId, SESSION_ID_PATTERN } from './ids.ts'

test('ids say what they name and do not repeat', () => {
  const ids = new Set(Array.from({ length: 1_000 }, () => createId('ses')))
  expect(ids.size).toBe(1_000)
  for (const id of ids) expect(isSessionId(id)).toBe(true)
})

test('a session id is found in a text, and nothing like one is', () => {
  const id = createId('ses')
  expect(SESSION_ID_PATTERN.exec(`Reply here. Ref: ${id}.`)?.[0]).toBe(id)
  expect(isSessionId(`${id}x`)).toBe(false)
  expect(isSessionId('ses_short')).toBe(false)
})
