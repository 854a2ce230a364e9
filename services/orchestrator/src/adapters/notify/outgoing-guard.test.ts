import { expect, test } from 'vitest'

import { allowanceSchema, refusalOf } from './outgoing-guard.ts'

test.each([
  '127.0.0.1',
  '127.8.8.8',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '224.0.0.1',
  '255.255.255.255',
  '192.0.2.1',
  '198.18.0.1',
  '240.0.0.1',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd12::1',
  'fec0::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:8.8.8.8',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::808:808',
  '64:ff9b:1::a00:1',
  '2002:7f00:1::',
  '2001:0:1::1',
  '2001:db8::1',
  'fd00:ec2::254',
])('%s is not connected to', (address) => {
  expect(refusalOf({ hostname: 'hooks.example.com', port: 443, address }, [])).toBe('hooks.example.com leads to an address that is not public.')
})

test.each(['93.184.216.34', '8.8.8.8', '2606:4700::1111', '2a00:1450:4001::1'])('%s is, on the usual ports', (address) => {
  expect(refusalOf({ hostname: 'hooks.example.com', port: 443, address }, [])).toBeUndefined()
  expect(refusalOf({ hostname: 'hooks.example.com', port: 80, address }, [])).toBeUndefined()
  expect(refusalOf({ hostname: 'hooks.example.com', port: 22, address }, [])).toBe('Port 22 is not allowed.')
})

test.each([
  ['hooks.internal', 'hooks.internal', 443, '10.0.0.5'],
  ['hooks.internal', 'Hooks.Internal.', 80, '10.0.0.5'],
  ['hooks.internal:8443', 'hooks.internal', 8443, '10.0.0.5'],
  ['hooks.example.com:8443', 'hooks.example.com', 8443, '8.8.8.8'],
  ['*.internal:*', 'a.b.internal', 9000, '10.0.0.5'],
  ['10.0.0.0/8:9000', 'anything.example', 9000, '10.200.0.1'],
  ['127.0.0.1:9000', '127.0.0.1', 9000, '127.0.0.1'],
  ['[fd00::/8]', 'hooks.internal', 443, 'fd00::5'],
  ['[::1]:9000', '::1', 9000, '::1'],
  ['169.254.169.254', 'x', 80, '169.254.169.254'],
])('%s allows %s:%i at %s', (allowed, hostname, port, address) => {
  expect(refusalOf({ hostname, port, address }, [allowanceSchema.parse(allowed)])).toBeUndefined()
})

test.each([
  ['hooks.internal', 'hooks.internal', 8443, '10.0.0.5'],
  ['hooks.internal:8443', 'hooks.internal', 443, '10.0.0.5'],
  ['hooks.internal', 'other.internal', 443, '10.0.0.5'],
  ['*.internal', 'internal', 443, '10.0.0.5'],
  ['*.internal', 'evilinternal', 443, '10.0.0.5'],
  ['hooks.internal:*', 'hooks.internal', 80, '169.254.169.254'],
  ['hooks.internal:*', 'hooks.internal', 80, '::ffff:169.254.169.254'],
  ['127.0.0.1:9000', '127.0.0.1', 9001, '127.0.0.1'],
  ['127.0.0.1:9000', '::1', 9000, '::1'],
])('%s does not allow %s:%i at %s', (allowed, hostname, port, address) => {
  expect(refusalOf({ hostname, port, address }, [allowanceSchema.parse(allowed)])).toBeDefined()
})

test.each(['', 'http://a', 'a:b', 'a:0', 'a:70000', '*', '10.0.0.0/33', 'a b', 'fd00::1'])('%j is no allowance', (text) => {
  expect(allowanceSchema.safeParse(text).success).toBe(false)
})
