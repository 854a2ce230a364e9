import { hashOf } from '@signalbox/contracts'
import { expect, test } from 'vitest'

import { mask, toStatement, unmask } from './mask.ts'
import { bytesHash, createSeal, toMask } from './seal.ts'
import { isSecretName } from './secrets.ts'

const seal = createSeal('a secret of this installation')
const masked = (value: string | number): string => toMask(value, seal)
const sealed = (...secrets: string[]) => ({ secrets, seal })

test('what is declared a secret is masked whole, whatever it is', () => {
  const args = { 'to': 'prod', 'login': { user: 'a', parts: ['x', 'y'] }, 'a/b': { '~c': true } }
  const shown = mask(args, sealed('/login', '/a~1b/~0c', '/nowhere'))
  expect(shown).toEqual({ 'to': 'prod', 'login': expect.stringMatching(/^•••• \(keyed [0-9a-f]{8}\)$/), 'a/b': { '~c': expect.stringContaining('••••') } })
  expect(mask('a text', sealed(''))).toBe(masked('a text'))
})

test('texts and numbers under names of secrets are masked at any depth, and what is no secret is not', () => {
  const args = { servers: [{ host: 'h', credentials: { user: 'root', pin: 1234, isNew: true, note: null } }], Authorization: 'Bearer x', empty: { token: '' } }
  expect(mask(args, sealed())).toEqual({
    servers: [{ host: 'h', credentials: { user: masked('root'), pin: masked(1234), isNew: true, note: null } }],
    Authorization: masked('Bearer x'),
    empty: { token: '' },
  })
})

test.each([
  'password',
  'dbPassword',
  'API_KEY',
  'apikey',
  'apiKeys',
  'X-Auth-Token',
  'AWS_SECRET_ACCESS_KEY',
  'privateKey',
  'clientSecret',
  'authorization',
  'sshKey',
  'user.passwd',
])('%s is the name of a secret', (name) => expect(isSecretName(name)).toBe(true))

test.each(['token_count', 'max_tokens_used', 'key', 'primaryKey', 'author', 'pinned', 'keyboard', 'passenger', 'compass', 'to', ''])('%s is none', (name) =>
  expect(isSecretName(name)).toBe(false),
)

test('a secret looks the same wherever it stands, and otherwise in another installation', () => {
  const here = mask({ password: '1234', old: { pin: '1234' }, token: '1235' }, sealed()) as { password: string; old: { pin: string }; token: string }
  expect(here.old.pin).toBe(here.password)
  expect(here.token).not.toBe(here.password)
  expect(mask({ password: '1234' }, { secrets: [], seal: createSeal('another secret') })).not.toEqual({ password: here.password })
})

test('nobody can try secrets until a mask or a hash is right', () => {
  const withPin = (pin: string) => ({ account: '12-34', pin })
  const shown = JSON.stringify([mask(withPin('4711'), sealed()), bytesHash(withPin('4711'), sealed())])
  const guesses = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(4, '0'))
  const found = guesses.filter((pin) => [hashOf(pin).slice(0, 8), hashOf(withPin(pin))].some((hash) => shown.includes(hash)))
  expect(found).toEqual([])
})

test('where there is no secret the hash is that of what is shown, so that anybody can check it', () => {
  expect(bytesHash({ env: 'prod' }, sealed())).toBe(hashOf({ env: 'prod' }))
  expect(bytesHash({ env: 'prod' }, sealed('/env'))).not.toBe(hashOf({ env: 'prod' }))
})

test('what was asked of an earlier version keeps its masks and its hashes, and can still be edited', () => {
  const original = { env: 'prod', password: 'hunter2' }
  const before = { secrets: [], seal: undefined }
  const shown = { env: 'prod', password: `•••• (sha256 ${hashOf('hunter2').slice(0, 8)})` }
  expect(mask(original, before)).toEqual(shown)
  expect(bytesHash(original, before)).toBe(hashOf(original))
  expect(unmask({ ...shown, env: 'staging' }, original, before)).toEqual({ env: 'staging', password: 'hunter2' })
  expect(() => unmask({ ...shown, env: shown.password }, original, sealed())).toThrow('is a secret')
})

test('many secrets take little time to mask', () => {
  const args = { list: Array.from({ length: 20_000 }, (_, index) => ({ pin: index })) }
  const begun = performance.now()
  expect(unmask(mask(args, sealed()), args, sealed())).toEqual(args)
  expect(performance.now() - begun).toBeLessThan(5_000)
})

test('an edit that leaves the masks as they stand has the secrets again', () => {
  const original = { env: 'prod', password: 'hunter2', more: { key: 'k' } }
  const edited = { ...(mask(original, sealed('/more/key')) as object), env: 'staging', added: [1] }
  expect(unmask(edited, original, sealed('/more/key'))).toEqual({ env: 'staging', password: 'hunter2', more: { key: 'k' }, added: [1] })
  expect(unmask({ ...original, env: 'test' }, original, sealed('/more/key'))).toMatchObject({ env: 'test', password: 'hunter2' })
})

test.each([
  ['changes a secret', { env: 'a', password: 'other' }, '/password is a secret'],
  ['leaves one out', { env: 'a' }, '/password is a secret'],
  ['sets one', { env: 'a', password: masked('hunter2'), token: 't' }, '/token is a secret'],
  ['puts a mask elsewhere', { env: masked('hunter2'), password: masked('hunter2') }, '/env holds the mask'],
  ['replaces everything', 'text', '/password is a secret'],
])('an edit that %s is refused, and the error does not tell the secret', (_what, edited, words) => {
  const original = { env: 'a', password: 'hunter2' }
  const edit = () => unmask(edited, original, sealed())
  expect(edit).toThrow(words)
  expect(edit).not.toThrow('hunter2')
})

test('what an agent says for itself is cut at 2,000 characters, and never within one', () => {
  const long = toStatement('😀'.repeat(2_000)) as string
  expect(long.length).toBeLessThanOrEqual(2_000)
  expect(long.isWellFormed()).toBe(true)
  expect(long.endsWith('😀…')).toBe(true)
  expect(toStatement('short')).toBe('short')
  expect(toStatement(null)).toBe(null)
})
