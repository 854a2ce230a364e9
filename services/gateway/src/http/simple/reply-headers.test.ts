import { expect, test } from 'vitest'

import { toReplyHeaders } from './reply-headers.ts'

test('what belongs to the connection, or speaks for the upstream’s host, stays behind', () => {
  expect(
    toReplyHeaders({
      'connection': 'close, X-Hop',
      'x-hop': '1',
      'keep-alive': 'timeout=5',
      'transfer-encoding': 'chunked',
      'content-length': '5',
      'set-cookie': ['a=1'],
      'strict-transport-security': 'max-age=1',
      'access-control-allow-origin': '*',
      'x-signalbox-route': 'complex',
      'www-authenticate': 'Bearer',
      'server': 'theirs',
      'date': 'then',
    }),
  ).toEqual({})
})

test('the rest comes along, the request id under a name of its own', () => {
  expect(
    toReplyHeaders({
      'content-type': 'application/json',
      'x-request-id': 'up',
      'x-ratelimit-limit-tokens': '9',
      'openai-version': '2020-10-01',
      'retry-after-ms': '5',
    }),
  ).toEqual({
    'content-type': 'application/json',
    'x-upstream-request-id': 'up',
    'x-ratelimit-limit-tokens': '9',
    'openai-version': '2020-10-01',
    'retry-after-ms': '5',
  })
})
