import { expect, test } from 'vitest'

import { channelsSchema } from './channels-schema.ts'

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
const environment = { HOOK_SECRET: SECRET, SLACK_PATH: 'T0/B0/xyz', EMPTY: ' ' }
const webhook = { id: 'ops', type: 'webhook', url: 'https://hooks.example.com/in', secret: '${HOOK_SECRET}' }
const email = { id: 'mail', type: 'email', to: ['alice@example.com'], from: 'Signalbox <sbx@example.com>', smtp: 'smtps://u:p@mail.example.com' }

test('a channel says little, and the rest has its defaults', () => {
  const [ops] = read([webhook])
  expect(ops).toEqual({ ...webhook, secret: SECRET, headers: {}, events: ['requested', 'escalated', 'decided', 'expired'] })
})

test('variables stand for a whole value or a part of one', () => {
  const [slack] = read([{ id: 'team', type: 'slack', url: 'https://hooks.slack.com/services/${SLACK_PATH}' }])
  expect(slack).toMatchObject({ url: 'https://hooks.slack.com/services/T0/B0/xyz' })
})

test('a variable that is not set is named, with where it stands', () => {
  expect(
    faultsOf([
      { ...webhook, secret: '${NO_SUCH}' },
      { ...webhook, id: 'two', url: 'https://${EMPTY}/' },
    ]),
  ).toEqual(['0.secret: NO_SUCH is not set in the environment', '1.url: EMPTY is not set in the environment'])
})

test('a variable is a value, and never more of the configuration', () => {
  const [ops] = channelsSchema({ TEXT: '${HOOK_SECRET}" , x: [1]', HOOK_SECRET: SECRET }).parse([{ ...webhook, headers: { 'x-note': '${TEXT}' } }])
  expect(ops).toMatchObject({ headers: { 'x-note': '${HOOK_SECRET}" , x: [1]' } })
})

test('a recipient is a person in a word, or with name, role and groups', () => {
  expect(read([{ ...webhook, recipient: 'user:alice' }])[0]?.recipient).toEqual({ id: 'user:alice', name: 'alice', role: 'approver', groups: [] })
  const bob = { id: 'user:bob', name: 'Bob', role: 'operator', groups: ['finance'] }
  expect(read([{ ...webhook, recipient: bob }])[0]?.recipient).toEqual(bob)
})

test.each([
  ['a secret in another form', { ...webhook, secret: 'hunter2-hunter2-hunter2-hunter2' }, /^0.secret: is not whsec_/],
  ['a secret that is too short', { ...webhook, secret: 'whsec_aGk=' }, /^0.secret: is not whsec_/],
  ['a URL of another kind', { ...webhook, url: 'file:///etc/passwd' }, /^0.url: is not an http\(s\) URL/],
  ['a password in a URL', { ...webhook, url: 'https://u:hunter2@example.com' }, /^0.url: has a user or a password/],
  ['a header of ours', { ...webhook, headers: { 'Webhook-Id': 'x' } }, /^0.headers.Webhook-Id:/],
  ['a header with a line break', { ...webhook, headers: { 'x-a': 'b\r\nwebhook-id: c' } }, /^0.headers.x-a: is not printable ASCII/],
  ['a word that nobody knows', { ...webhook, secrets: 'x' }, /^0: Unrecognized key: "secrets"/],
  ['a recipient that is a program', { ...webhook, recipient: 'key:ci' }, /^0.recipient/],
  ['a link for one in a mail to many', { ...email, to: ['a@example.com', 'b@example.com'], recipient: 'user:a' }, /^0.to: has several addresses/],
  ['a sender that is no address', { ...email, from: 'Signalbox' }, /^0.from: is not a mail address/],
  ['a sender that brings a header', { ...email, from: 'A\r\nBcc: x@y.z <a@b.co>' }, /^0.from: is not a mail address/],
])('%s is a fault, and no value is repeated', (_what, channel, fault) => {
  const faults = faultsOf([channel])
  expect(faults.join('\n')).toMatch(fault)
  expect(faults.join('\n')).not.toContain('hunter2')
})

test('two channels of one name are a fault', () => {
  expect(faultsOf([webhook, webhook])).toEqual(['1.id: is the id of another channel too'])
})

function read(channels: unknown) {
  return channelsSchema(environment).parse(channels)
}

function faultsOf(channels: unknown): string[] {
  return (
    channelsSchema(environment)
      .safeParse(channels)
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
  )
}
