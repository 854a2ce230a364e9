import { expect, test } from 'vitest'

import { readAddress } from './caller-address.ts'
import { isOurs, isTrustworthy, toPublicUrl } from './public-url.ts'
import { toOwnPath } from './oidc.ts'

const at = (forwarded?: string) => ({ headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket: { remoteAddress: '10.0.0.1' } })

test.each([
  ['without proxies nobody is believed', at('1.1.1.1'), 0, '10.0.0.1'],
  ['behind one, what it added', at('6.6.6.6, 1.1.1.1'), 1, '1.1.1.1'],
  ['behind two, what the outer one added', at('6.6.6.6, 1.1.1.1, 10.0.0.2'), 2, '1.1.1.1'],
  ['who came past them is who it is', at(), 1, '10.0.0.1'],
  ['fewer than should be there were made up', at('6.6.6.6'), 2, '10.0.0.1'],
])('the caller’s address: %s', (_name, incoming, trustedProxies, address) => {
  expect(readAddress(incoming, trustedProxies)).toBe(address)
})

test.each([
  ['https://signalbox.example', true],
  ['http://localhost:8000', true],
  ['http://127.0.0.1:8000', true],
  ['http://127.1.2.3', true],
  ['http://[::1]:8000', true],
  ['http://box.localhost', true],
  ['http://192.168.1.2:8000', false],
  ['http://localhost.evil.example', false],
  ['http://127.0.0.1.evil.example', false],
  ['nonsense', false],
])('browsers keep a Secure cookie from %s: %s', (origin, kept) => {
  expect(isTrustworthy(origin)).toBe(kept)
})

const incoming = (headers: Record<string, string>) => ({ headers, socket: {} }) as Parameters<typeof toPublicUrl>[0]

test('where people reach us is what is configured, else what the request says, and a proxy where it is believed', () => {
  const forwarded = incoming({ 'host': 'inside:8000', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'outside.example' })
  expect(toPublicUrl(forwarded, { configured: 'https://set.example', trustedProxies: 1 })).toBe('https://set.example')
  expect(toPublicUrl(forwarded, { configured: undefined, trustedProxies: 1 })).toBe('https://outside.example')
  expect(toPublicUrl(forwarded, { configured: undefined, trustedProxies: 0 })).toBe('http://inside:8000')
  expect(toPublicUrl(incoming({ host: '<script>' }), { configured: undefined, trustedProxies: 0 })).toBe('http://localhost')
})

test('an origin is ours by any name that we have', () => {
  const options = { configured: 'https://set.example', trustedProxies: 0 }
  const request = incoming({ host: 'localhost:8000' })
  for (const origin of ['https://set.example', 'http://localhost:8000']) expect(isOurs(origin, request, options)).toBe(true)
  for (const origin of ['https://evil.example', 'null', '', 'http://localhost:8001']) expect(isOurs(origin, request, options)).toBe(false)
})

test('only paths of the console are gone back to', () => {
  expect(toOwnPath('/console/approvals/apr_1?tab=plan')).toBe('/console/approvals/apr_1?tab=plan')
  expect(toOwnPath('/console')).toBe('/console')
  for (const other of [undefined, '', '/', '//x', '/console//x', '/console/\\x', '/console/a\u0000', 'https://x/console/', `/console/${'x'.repeat(3_000)}`])
    expect(toOwnPath(other)).toBe('/console/')
})
