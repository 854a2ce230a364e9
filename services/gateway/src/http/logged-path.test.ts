import { expect, test } from 'vitest'

import { hideKeys, toLoggedPath } from './logged-path.ts'

test.each([
  ['/v1/sessions/ses_00000000000000000000000000/events', '/v1/sessions/{id}/events', '/v1/sessions/ses_00000000000000000000000000/events'],
  ['/console/api/approvals/apr_1', '/console/api/approvals/{id}', '/console/api/approvals/apr_1'],
  ['/v1/sessions/sbx_a_key_of_mine', '/v1/sessions/{id}', '/v1/sessions/{id}'],
  ['/v1/conversations/conv_1/items/sk-live-0123', '/v1/conversations/{id}/items/{item}', '/v1/conversations/conv_1/items/{item}'],
  ['/v1/models/sk-live-0123456789', '/v1/models/{id}', '/v1/models/{id}'],
  ['/v1/my/password/is/hunter2', 'other', 'other'],
  ['/v1/chat/completions', '/v1/chat/completions', '/v1/chat/completions'],
])('%s is told as what we know of it', (path, route, told) => {
  expect(toLoggedPath(path, route)).toBe(told)
})

test.each([
  ['gpt-4o-mini', 'gpt-4o-mini'],
  ['org/sky-model:7b', 'org/sky-model:7b'],
  ['sk-proj-abcdefgh12345678', 'sk…'],
  ['sbx_0123456789abcdef', 'sbx…'],
  ['my key is sk-abcdefgh12 ok', 'my key is sk… ok'],
])('a model called %s is told as %s', (model, told) => {
  expect(hideKeys(model)).toBe(told)
})
