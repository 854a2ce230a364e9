import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { ADMIN_PASSWORD, postSignIn, readCookie, signIn, startConsole, type TestConsole } from './fixtures/console.ts'
import type { ErrorBody } from './fixtures/gateway.ts'

let gateway: TestConsole

beforeEach(async () => {
  gateway = await startConsole()
})

afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
})

describe('signing in', () => {
  test('the cookie is this host’s alone, unreadable by scripts, and sent to no other site’s page', async () => {
    const response = await postSignIn(gateway.url, { user: 'admin', password: ADMIN_PASSWORD })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ user: { id: 'user:admin', name: 'admin', role: 'admin' }, csrf: expect.stringMatching(/^[\w-]{43}$/) })
    const [cookie = ''] = response.headers.getSetCookie()
    expect(cookie).toMatch(/^__Host-signalbox=[\w-]{43}; /)
    expect(cookie.split('; ').slice(1).toSorted()).toEqual(['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Strict', 'Secure'])
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  test('who is signed in is told again, and not to anybody else', async () => {
    const browser = await gateway.signIn()
    expect(await browser.ask('GET', '/session')).toMatchObject({ status: 200, body: browser.session })
    expect((await fetch(`${gateway.url}/console/api/session`)).status).toBe(401)
    expect((await fetch(`${gateway.url}/console/api/session`, { headers: { cookie: `__Host-signalbox=${'x'.repeat(43)}` } })).status).toBe(401)
  })

  test('case and blanks around the name do not matter; those of the password do', async () => {
    expect((await postSignIn(gateway.url, { user: ' Admin ', password: ADMIN_PASSWORD })).status).toBe(200)
    expect((await postSignIn(gateway.url, { user: 'admin', password: ADMIN_PASSWORD.toUpperCase() })).status).toBe(401)
  })

  test('an unknown user and a wrong password are answered alike', async () => {
    const answers = await Promise.all([
      postSignIn(gateway.url, { user: 'admin', password: 'wrong' }),
      postSignIn(gateway.url, { user: 'nobody', password: 'wrong' }),
      postSignIn(gateway.url, { user: '<no name>', password: 'wrong' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    expect(new Set(bodies).size).toBe(1)
    expect(answers.map((answer) => answer.headers.getSetCookie())).toEqual([[], [], []])
  })

  test('who guesses on is told to wait, with the right password too; another user is not held up', async () => {
    await gateway.signIn()
    for (let tries = 0; tries < 6; tries++) expect((await postSignIn(gateway.url, { user: 'ann', password: `guess ${tries}` })).status).toBe(401)
    const refused = await postSignIn(gateway.url, { user: 'ann', password: 'one more' })
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    await gateway.signIn()
  })

  test('signing in again ends the session that this browser had', async () => {
    const before = await gateway.signIn()
    const response = await postSignIn(gateway.url, { user: 'admin', password: ADMIN_PASSWORD }, { cookie: before.cookie })
    expect(readCookie(response)).not.toBe(before.cookie)
    expect((await before.ask('GET', '/session')).status).toBe(401)
  })

  test('signing out ends the session, and takes the cookie away', async () => {
    const browser = await gateway.signIn()
    const answer = await browser.ask('DELETE', '/session')
    expect([answer.status, answer.headers.getSetCookie()[0]]).toEqual([204, expect.stringContaining('Max-Age=0')])
    expect((await browser.ask('GET', '/session')).status).toBe(401)
    expect((await browser.ask('DELETE', '/session')).status).toBe(204)
  })

  test.each<[string, unknown, number]>([
    ['no password', { user: 'admin' }, 400],
    ['a list for a name', { user: ['admin'], password: 'x' }, 400],
    ['another field', { user: 'admin', password: 'x', role: 'admin' }, 400],
    ['a novel', { user: 'admin', password: 'x'.repeat(100_000) }, 413],
  ])('%s: a 4xx', async (_name, body, status) => {
    expect((await postSignIn(gateway.url, body)).status).toBe(status)
  })

  test('neither passwords nor tokens are in the log', async () => {
    const browser = await gateway.signIn()
    await browser.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' } })
    await postSignIn(gateway.url, { user: 'hunter2', password: 'swordfish' })
    const log = JSON.stringify(gateway.lines())
    for (const secret of [ADMIN_PASSWORD, 'swordfish', 'hunter2', browser.cookie.split('=')[1], browser.session.csrf]) expect(log).not.toContain(secret)
  })
})

describe('pages of other sites', () => {
  test.each<[string, Record<string, string>]>([
    ['says it comes from elsewhere', { 'sec-fetch-site': 'cross-site' }],
    ['comes from another host of the same site', { 'sec-fetch-site': 'same-site' }],
    ['has another origin', { origin: 'https://evil.example' }],
    ['hides its origin', { origin: 'null' }],
  ])('what %s is refused, signing in included', async (_name, headers) => {
    const browser = await gateway.signIn()
    expect((await browser.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' }, headers })).status).toBe(403)
    expect((await postSignIn(gateway.url, { user: 'admin', password: ADMIN_PASSWORD }, headers)).status).toBe(403)
  })

  test('our own page is heard', async () => {
    const browser = await gateway.signIn()
    const headers = { 'origin': gateway.url, 'sec-fetch-site': 'same-origin' }
    expect((await browser.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' }, headers })).status).toBe(201)
  })

  test.each([undefined, '', 'x'.repeat(43)])('without the CSRF token of this session nothing is changed (%s)', async (csrf) => {
    const browser = await gateway.signIn()
    const headers = { 'x-signalbox-csrf': csrf ?? '' }
    expect((await browser.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' }, headers })).status).toBe(403)
    expect((await browser.ask('DELETE', '/session', { headers })).status).toBe(403)
    expect((await browser.ask('GET', '/users')).body['data']).toHaveLength(1)
  })

  test('where a browser would not keep the cookie, that is said', async () => {
    await using behind = await startConsole({ PUBLIC_URL: 'http://signalbox.internal' })
    const answer = await postSignIn(behind.url, { user: 'admin', password: ADMIN_PASSWORD }, { origin: 'http://signalbox.internal' })
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as ErrorBody).error.message).toContain('needs https')
  })
})

describe('users', () => {
  test('an admin adds one, who signs in with the password that was made', async () => {
    const admin = await gateway.signIn()
    const added = await admin.ask('POST', '/users', { body: { name: 'Ann', role: 'approver' } })
    expect(added).toMatchObject({ status: 201, body: { user: { id: 'user:ann', name: 'ann', role: 'approver', disabled: false, sign_in: 'password' } } })
    const ann = await gateway.signIn({ user: 'ann', password: String(added.body['password']) })
    expect(ann.session.user).toEqual({ id: 'user:ann', name: 'ann', role: 'approver' })
    expect((await admin.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' } })).status).toBe(409)
  })

  test('a password is told once: no list shows it', async () => {
    const admin = await gateway.signIn()
    const { body } = await admin.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' } })
    const list = await admin.ask('GET', '/users')
    expect(list.body['data']).toMatchObject([{ name: 'admin' }, { name: 'ann' }])
    expect(JSON.stringify(list.body)).not.toContain('argon2')
    expect(JSON.stringify(list.body)).not.toContain(String(body['password']))
  })

  test.each(['viewer', 'approver', 'operator'])('a %s neither sees nor changes them', async (role) => {
    const user = await personOf(role)
    const answers = [
      await user.ask('GET', '/users'),
      await user.ask('POST', '/users', { body: { name: 'eve', role: 'admin' } }),
      await user.ask('PATCH', `/users/user:ann`, { body: { role: 'admin' } }),
      await user.ask('DELETE', '/users/user:admin'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  })

  test('whoever is disabled is signed out at once, and cannot sign in', async () => {
    const admin = await gateway.signIn()
    const { body } = await admin.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' } })
    const password = String(body['password'])
    const ann = await gateway.signIn({ user: 'ann', password })
    expect((await admin.ask('PATCH', '/users/user:ann', { body: { disabled: true } })).status).toBe(200)
    expect((await ann.ask('GET', '/session')).status).toBe(401)
    expect((await postSignIn(gateway.url, { user: 'ann', password })).status).toBe(401)
    await admin.ask('PATCH', '/users/user:ann', { body: { disabled: false } })
    expect((await ann.ask('GET', '/session')).status).toBe(401)
    await gateway.signIn({ user: 'ann', password })
  })

  test('a new password signs out everywhere and shuts out the old one', async () => {
    const admin = await gateway.signIn()
    const { body } = await admin.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' } })
    const old = String(body['password'])
    const browsers = [await gateway.signIn({ user: 'ann', password: old }), await gateway.signIn({ user: 'ann', password: old })]
    const reset = await admin.ask('PATCH', '/users/user:ann', { body: { reset_password: true } })
    for (const browser of browsers) expect((await browser.ask('GET', '/session')).status).toBe(401)
    expect((await postSignIn(gateway.url, { user: 'ann', password: old })).status).toBe(401)
    await gateway.signIn({ user: 'ann', password: String(reset.body['password']) })
  })

  test('another role counts from the next request on', async () => {
    const admin = await gateway.signIn()
    const ann = await personOf('viewer')
    await admin.ask('PATCH', '/users/user:ann', { body: { role: 'admin' } })
    expect((await ann.ask('GET', '/users')).status).toBe(200)
    await admin.ask('PATCH', '/users/user:ann', { body: { role: 'viewer' } })
    expect((await ann.ask('GET', '/users')).status).toBe(403)
  })

  test('the last admin stays', async () => {
    const admin = await gateway.signIn()
    expect((await admin.ask('DELETE', '/users/user:admin')).status).toBe(409)
    expect((await admin.ask('PATCH', '/users/user:admin', { body: { disabled: true } })).status).toBe(409)
    expect((await admin.ask('PATCH', '/users/user:admin', { body: { role: 'operator' } })).status).toBe(409)
    await personOf('admin')
    expect((await admin.ask('DELETE', '/users/user:admin')).status).toBe(204)
    expect((await admin.ask('GET', '/session')).status).toBe(401)
  })

  test('people change their own password, and stay signed in here alone', async () => {
    const admin = await gateway.signIn()
    const elsewhere = await gateway.signIn()
    const next = 'another password'
    expect((await admin.ask('POST', '/session/password', { body: { current: 'wrong', next } })).status).toBe(400)
    expect((await admin.ask('POST', '/session/password', { body: { current: ADMIN_PASSWORD, next: 'short' } })).status).toBe(400)
    const changed = await admin.ask('POST', '/session/password', { body: { current: ADMIN_PASSWORD, next } })
    expect(changed.status).toBe(200)
    expect((await elsewhere.ask('GET', '/session')).status).toBe(401)
    expect((await fetch(`${gateway.url}/console/api/session`, { headers: { cookie: changed.headers.getSetCookie()[0]?.split(';')[0] ?? '' } })).status).toBe(
      200,
    )
    await signIn(gateway.url, { password: next })
  })

  test.each(['', 'a b', '../x', 'ann<script>', 'x'.repeat(65), 'ann:admin'])('%j is no name', async (name) => {
    const admin = await gateway.signIn()
    expect((await admin.ask('POST', '/users', { body: { name, role: 'viewer' } })).status).toBe(400)
  })
})

async function personOf(role: string): ReturnType<TestConsole['signIn']> {
  const admin = await gateway.signIn()
  const { body } = await admin.ask('POST', '/users', { body: { name: 'ann', role } })
  return gateway.signIn({ user: 'ann', password: String(body['password']) })
}
