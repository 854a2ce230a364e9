import { inspect } from 'node:util'

import { expect, test } from 'vitest'

import { createApiKeys, createDevKey } from './api-keys.ts'

test('a key has the owner that its name says, or one made from its hash', () => {
  const keys = createApiKeys(['ann:sbx_1', 'sbx_2'])
  expect(keys.findHolder('sbx_1')).toEqual({ owner: 'ann' })
  expect(keys.findHolder('sbx_2')?.owner).toMatch(/^key_[0-9a-f]{12}$/)
  expect(keys.findHolder('sbx_3')).toBeUndefined()
  expect(keys.findHolder('ann:sbx_1')).toBeUndefined()
})

test('two keys with one name have one owner, so that a key can be replaced', () => {
  const keys = createApiKeys(['ann:old', 'ann:new'])
  expect([keys.findHolder('old'), keys.findHolder('new')]).toEqual([{ owner: 'ann' }, { owner: 'ann' }])
})

test('an operator’s key says who acts, and as what; a caller’s says nothing of the kind', () => {
  const keys = createApiKeys(['ann:sbx_1'], ['ci:approver:sbx_2', 'root:admin:a:b:c'])
  expect(keys.findHolder('sbx_2')).toEqual({ owner: 'ci', operator: { id: 'key:ci', name: 'ci', role: 'approver' } })
  expect(keys.findHolder('a:b:c')?.operator?.role).toBe('admin')
  expect(keys.findHolder('sbx_1')).not.toHaveProperty('operator')
  expect(keys.findHolder('approver:sbx_2')).toBeUndefined()
})

test('the keys themselves are not kept', () => {
  expect(inspect(createApiKeys(['ann:sbx_secret'], ['ann:admin:sbx_secret_too']), { depth: 9, showHidden: true })).not.toContain('secret')
})

test('a key that was made up is another one every time', () => {
  expect(createDevKey()).toMatch(/^sbx_[\w-]{32}$/)
  expect(createDevKey()).not.toBe(createDevKey())
})
