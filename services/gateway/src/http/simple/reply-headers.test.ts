import { expect, test } from 'vitest'

import { listReplyHeaders, toReplyHeaders } from './reply-headers.ts'

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

test('ours stand beside the upstream’s, and in their place where both say the same', () => {
  const ours = { addTo: (list: string[]) => void list.push('x-request-id', 'req_1', 'openai-processing-ms', '3') }
  const theirs = { 'content-type': 'application/json', 'x-request-id': 'up', 'openai-processing-ms': '900', 'x-many': ['1', '2'], 'set-cookie': ['a=1'] }
  expect(listReplyHeaders(theirs as never, ours, new Set(['content-type']))).toEqual([
    ...['x-many', '1', 'x-many', '2'],
    ...['x-upstream-request-id', 'up'],
    ...['x-request-id', 'req_1', 'openai-processing-ms', '3'],
  ])
})
