import { createHmac, hkdfSync } from 'node:crypto'

import { expect, test } from 'vitest'

import { channelsOf, SECRET } from './fixtures/world.ts'
import { createLinks } from './links.ts'

const HOUR = 3_600_000
const start = Date.parse('2026-11-21T11:00:00.000Z')
const hook = { type: 'webhook', url: 'https://example.com', secret: SECRET }
const alice = { id: 'user:alice', name: 'Alice', role: 'operator', groups: ['finance'] }
const channels = channelsOf(
  { ...hook, id: 'many' },
  { ...hook, id: 'alice', recipient: alice },
  { id: 'chat', type: 'slack', url: 'https://example.com', recipient: 'user:bob' },
)
const message = { id: 'dlv_1', at: new Date(start).toISOString(), approval: { id: 'apr_1', expires_at: new Date(start + HOUR).toISOString() } }

test('a link says which approval, in whose name, and by which way it came', () => {
  const links = linksAt(start)
  expect(links.read(links.issue({ ...message, channel: 'alice' }))).toEqual({ approvalId: 'apr_1', recipient: alice, via: 'link', issuedAt: message.at })
  expect(links.read(links.issue({ ...message, channel: 'chat' }))).toMatchObject({ recipient: { id: 'user:bob', role: 'approver' }, via: 'slack' })
  expect(links.read(links.issue({ ...message, channel: 'many' }))).toMatchObject({ recipient: null })
})

test('fits into a path as it is', () => {
  expect(linksAt(start).issue({ ...message, channel: 'alice' })).toMatch(/^[\w-]+\.[\w-]+$/)
})

test('nobody can make one, or change one', () => {
  const links = linksAt(start)
  const token = links.issue({ ...message, channel: 'alice' })
  const [body = '', signature = ''] = token.split('.')
  const changed = Buffer.from(Buffer.from(body, 'base64url').toString().replace('apr_1', 'apr_2')).toString('base64url')
  const byTheSecretItself = createHmac('sha256', 'a secret').update(body).digest('base64url')
  const byAnother = createHmac('sha256', Buffer.from(hkdfSync('sha256', 'a secret', '', 'another purpose', 32)))
    .update(body)
    .digest('base64url')
  const forged = [
    `${changed}.${signature}`,
    `${body}.${byTheSecretItself}`,
    `${body}.${byAnother}`,
    `${body}.`,
    body,
    '.',
    '',
    'x',
    `${token}.x`,
    token.slice(0, -2),
    `${token}A`,
    linksAt(start, 'other').issue({ ...message, channel: 'alice' }),
  ]
  for (const text of forged)
    expect(() => links.read(text), text).toThrow(expect.objectContaining({ code: 'not_found', message: expect.stringContaining('not one of ours') }))
})

test('shows a day longer than the approval waits, and is over then', () => {
  const token = linksAt(start).issue({ ...message, channel: 'alice' })
  expect(linksAt(start + 25 * HOUR).read(token)).toMatchObject({ approvalId: 'apr_1' })
  expect(() => linksAt(start + 25 * HOUR + 1_000).read(token)).toThrow(
    expect.objectContaining({ code: 'permission_denied', message: 'This link has expired.' }),
  )
})

test('is withdrawn when its channel is gone or is somebody else’s, and takes what its person may do from how it is set up now', () => {
  const token = linksAt(start).issue({ ...message, channel: 'alice' })
  const read = (...now: unknown[]) => createLinks({ secret: 'a secret', channels: channelsOf(...now), now: () => new Date(start) }).read(token)
  const withdrawn = expect.objectContaining({ code: 'permission_denied', message: 'This link has been withdrawn.' })
  expect(() => read()).toThrow(withdrawn)
  expect(() => read({ ...hook, id: 'alice', recipient: 'user:mallory' })).toThrow(withdrawn)
  expect(() => read({ ...hook, id: 'alice' })).toThrow(withdrawn)
  expect(read({ ...hook, id: 'alice', recipient: { ...alice, role: 'viewer' } }).recipient).toMatchObject({ role: 'viewer' })
})

test('without a secret there are no links', () => {
  expect(() => createLinks({ secret: '', channels })).toThrow('there is none')
})

function linksAt(time: number, secret = 'a secret') {
  return createLinks({ secret, channels, now: () => new Date(time) })
}
