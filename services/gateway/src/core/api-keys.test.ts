import { inspect } from 'node:util'

import { expect, test } from 'vitest'

import { createApiKeys, createDevKey } from './api-keys.ts'

test('a key has the owner that its name says, or one made from its hash', () => {
  const keys = createApiKeys(['ann:sbx_1', 'sbx_2'])
  expect(keys.findOwner('sbx_1')).toBe('ann')
  expect(keys.findOwner('sbx_2')).toMatch(/^key_[0-9a-f]{12}$/)
  expect(keys.findOwner('sbx_3')).toBeUndefined()
  expect(keys.findOwner('ann:sbx_1')).toBeUndefined()
})

test('two keys with one name have one owner, so that a key can be replaced', () => {
  const keys = createApiKeys(['ann:old', 'ann:new'])
  expect([keys.findOwner('old'), keys.findOwner('new')]).toEqual(['ann', 'ann'])
})

test('the keys themselves are not kept', () => {
  expect(inspect(createApiKeys(['ann:sbx_secret']), { depth: 9, showHidden: true })).not.toContain('secret')
})

test('a key that was made up is another one every time', () => {
  expect(createDevKey()).toMatch(/^sbx_[\w-]{32}$/)
  expect(createDevKey()).not.toBe(createDevKey())
})
