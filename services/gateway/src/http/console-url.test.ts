import { expect, test } from 'vitest'

import { createConsoleUrl, toApprovalUrl } from './console-url.ts'

const incoming = { socket: { localPort: 8123 } }

test.each<[string, { consoleUrl?: string; publicUrl?: string; host?: string }, string]>([
  ['what the operator says of the console', { consoleUrl: 'https://console.example', publicUrl: 'https://gw.example' }, 'https://console.example'],
  ['below where the gateway is', { publicUrl: 'https://gw.example/signalbox' }, 'https://gw.example/signalbox/console'],
  ['below where the caller came in', {}, 'http://127.0.0.1:8123/console'],
  ['on this machine, for a gateway on every network', { host: '0.0.0.0' }, 'http://localhost:8123/console'],
  ['by an address of IPv6', { host: '::1' }, 'http://[::1]:8123/console'],
])('the console is %s', (_name, { consoleUrl, publicUrl, host = '127.0.0.1' }, expected) => {
  expect(createConsoleUrl({ consoleUrl, publicUrl, host })(incoming)).toBe(expected)
})

test('an approval has a page of its own, whatever its id is made of', () => {
  expect(toApprovalUrl('https://gw.example/console', 'apr_1')).toBe('https://gw.example/console/approvals/apr_1')
  expect(toApprovalUrl('https://gw.example/console', '../x?y')).toBe('https://gw.example/console/approvals/..%2Fx%3Fy')
})
