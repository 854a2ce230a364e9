import { expect, test } from 'vitest'

import { toHeaderText, toRouteHeaders } from './routing-headers.ts'

test.each([
  ['plain', 'plain'],
  ['two\r\nlines: injected', 'two lines: injected'],
  ['Café — “naïve” 日本', 'Cafe ? ?naive? ??'],
  ['x'.repeat(500), 'x'.repeat(200)],
])('a header takes %o as %o', (text, expected) => {
  expect(toHeaderText(text)).toBe(expected)
})

test('the decision is two headers', () => {
  expect(toRouteHeaders({ needs_orchestration: true, source: 'classifier', reason: 'two things' })).toEqual({
    'x-signalbox-route': 'complex',
    'x-signalbox-route-reason': 'classifier: two things',
  })
})
