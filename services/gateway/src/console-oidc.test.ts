import { freePorts } from '@signalbox/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { ADMIN_PASSWORD, startConsole, type TestConsole } from './fixtures/console.ts'
import { CLIENT, startIdentityProvider, type TestIdentityProvider } from './fixtures/identity-provider.ts'

let provider: TestIdentityProvider
let gateway: TestConsole

beforeEach(async () => {
  const [port] = await freePorts(1)
  provider = await startIdentityProvider([`http://127.0.0.1:${port}/console/api/oidc/callback`])
  gateway = await startGatewayAt(Number(port))
})

afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  await provider[Symbol.asyncDispose]()
})

test('the sign-in says by which name one can sign in elsewhere', async () => {
  const info = await fetch(`${gateway.url}/console/api/info`)
  expect(await info.json()).toMatchObject({ oidc: { name: 'Example Inc.' }, model: null })
})

test('somebody comes for the first time, with the role of their groups, and back to where they wanted to be', async () => {
  provider.person = { sub: 'p1', preferred_username: 'Ann', groups: ['staff', 'on call'] }
  const back = await signInElsewhere('/console/approvals/apr_1')
  expect(back).toMatchObject({ status: 303, location: '/console/approvals/apr_1', session: { user: { id: 'user:ann', name: 'ann', role: 'operator' } } })
  const admin = await gateway.signIn()
  expect((await admin.ask('GET', '/users')).body['data']).toMatchObject([
    { name: 'admin', sign_in: 'password' },
    { name: 'ann', sign_in: 'oidc' },
  ])
})

test('the same person is the same user, with the role that the groups say now', async () => {
  provider.person = { sub: 'p1', preferred_username: 'ann', groups: ['on call'] }
  await signInElsewhere()
  provider.person = { sub: 'p1', preferred_username: 'ann-marie', groups: [] }
  expect(await signInElsewhere()).toMatchObject({ session: { user: { id: 'user:ann', role: 'viewer' } } })
})

test('somebody else with the same name is somebody else: nobody becomes the admin by calling themselves so', async () => {
  provider.person = { sub: 'p1', preferred_username: 'admin' }
  expect(await signInElsewhere()).toMatchObject({ session: { user: { id: 'user:admin-2', role: 'viewer' } } })
  provider.person = { sub: 'p2', email: 'admin' }
  expect(await signInElsewhere()).toMatchObject({ session: { user: { id: 'user:admin-3' } } })
})

test('a name that somebody had who was removed leads nobody else into what was theirs', async () => {
  provider.person = { sub: 'p1', preferred_username: 'ann', groups: ['on call'] }
  await signInElsewhere()
  const admin = await gateway.signIn()
  expect((await admin.ask('DELETE', '/users/user:ann')).status).toBe(204)
  // The provider has given the name to somebody else since.
  provider.person = { sub: 'p2', preferred_username: 'ann', groups: ['on call'] }
  expect(await signInElsewhere()).toMatchObject({ session: { user: { id: 'user:ann-2', name: 'ann-2' } } })
  provider.person = { sub: 'p1', preferred_username: 'ann', groups: ['on call'] }
  expect(await signInElsewhere()).toMatchObject({ session: { user: { id: 'user:ann' } } })
})

test('whoever is disabled here is refused, whatever the provider says', async () => {
  provider.person = { sub: 'p1', preferred_username: 'ann', groups: ['on call'] }
  await signInElsewhere()
  const admin = await gateway.signIn()
  await admin.ask('PATCH', '/users/user:ann', { body: { disabled: true } })
  expect(await signInElsewhere()).toMatchObject({ location: '/console/?sign_in=refused', session: undefined })
})

test('where nobody has a role by default, those without a group of ours are refused', async () => {
  const port = Number(new URL(gateway.url).port)
  await gateway[Symbol.asyncDispose]()
  gateway = await startGatewayAt(port, { OIDC_DEFAULT_ROLE: 'none' })
  provider.person = { sub: 'p1', preferred_username: 'ann', groups: ['guests'] }
  expect(await signInElsewhere()).toMatchObject({ location: '/console/?sign_in=refused', session: undefined })
  provider.person = { sub: 'p1', preferred_username: 'ann', groups: ['on call'] }
  expect(await signInElsewhere()).toMatchObject({ session: { user: { role: 'operator' } } })
})

test('what is the provider’s is not changed here: role and password', async () => {
  provider.person = { sub: 'p1', preferred_username: 'ann', groups: ['on call'] }
  await signInElsewhere()
  const admin = await gateway.signIn()
  expect((await admin.ask('PATCH', '/users/user:ann', { body: { role: 'admin' } })).status).toBe(409)
  expect((await admin.ask('PATCH', '/users/user:ann', { body: { reset_password: true } })).status).toBe(409)
})

test('nobody signs in as such a user with a password', async () => {
  provider.person = { sub: 'p1', preferred_username: 'ann' }
  await signInElsewhere()
  await expect(gateway.signIn({ user: 'ann', password: ADMIN_PASSWORD })).rejects.toThrow('401')
})

test('a callback that this browser has not begun, or that was changed on its way, signs nobody in', async () => {
  provider.person = { sub: 'p1', preferred_username: 'ann' }
  const { url, cookie } = await begin()
  const back = await provider.signInAt(url)
  const other = await begin()
  const changed = new URL(back)
  changed.searchParams.set('state', 'x'.repeat(43))
  for (const [to, as] of [
    [back, ''],
    [back, other.cookie],
    [changed.href, cookie],
  ] as const) {
    expect(await comeBack(to, as)).toMatchObject({ location: '/console/?sign_in=failed', session: undefined })
  }
  expect((await comeBack(back, cookie)).session).toBeDefined()
  // The code is spent.
  expect(await comeBack(back, cookie)).toMatchObject({ location: '/console/?sign_in=failed', session: undefined })
})

test('a provider that refuses: the sign-in says that it did not work', async () => {
  const { url, cookie } = await begin()
  const state = new URL(url).searchParams.get('state') ?? ''
  const back = `${gateway.url}/console/api/oidc/callback?error=access_denied&state=${state}&iss=${encodeURIComponent(provider.issuer)}`
  expect(await comeBack(back, cookie)).toMatchObject({ location: '/console/?sign_in=failed' })
})

test('a provider that is away is no reason not to sign in with a password', async () => {
  await provider[Symbol.asyncDispose]()
  const response = await fetch(`${gateway.url}/console/api/oidc/start`, { redirect: 'manual' })
  expect(response.headers.get('location')).toBe('/console/?sign_in=unavailable')
  await gateway.signIn()
})

test.each(['//evil.example', 'https://evil.example', '/console//evil.example', '/console/\\evil.example', '/v1/models', '/consoles'])(
  'afterwards nobody is sent to %s',
  async (wanted) => {
    provider.person = { sub: 'p1', preferred_username: 'ann' }
    expect(await signInElsewhere(wanted)).toMatchObject({ location: '/console/' })
  },
)

test('the browser is sent away with PKCE, state and nonce, and keeps what belongs to them for itself', async () => {
  const { url, cookie, attributes } = await begin()
  const asked = Object.fromEntries(new URL(url).searchParams)
  expect(asked).toMatchObject({ response_type: 'code', client_id: CLIENT.id, code_challenge_method: 'S256', scope: 'openid profile email groups' })
  for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[name]).toMatch(/^[\w-]{43}$/)
  expect(cookie).toMatch(/^__Host-signalbox-oidc=/)
  expect(attributes).toEqual(expect.arrayContaining(['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']))
})

function startGatewayAt(port: number, more: Record<string, string> = {}): Promise<TestConsole> {
  return startConsole(
    {
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: CLIENT.id,
      OIDC_CLIENT_SECRET: CLIENT.secret,
      OIDC_NAME: 'Example Inc.',
      OIDC_ROLES: 'on call=operator, staff=viewer',
      ...more,
    },
    { port },
  )
}

async function begin(returnTo?: string): Promise<{ url: string; cookie: string; attributes: string[] }> {
  const start = `${gateway.url}/console/api/oidc/start${returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`}`
  const response = await fetch(start, { redirect: 'manual' })
  const [cookie = '', ...attributes] = response.headers.getSetCookie()[0]?.split('; ') ?? []
  return { url: response.headers.get('location') ?? '', cookie, attributes }
}

async function comeBack(url: string, cookie: string): Promise<{ status: number; location: string | null; session: unknown }> {
  const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
  const own = response.headers.getSetCookie().find((line) => line.startsWith('__Host-signalbox='))
  const session = own === undefined ? undefined : await fetch(`${gateway.url}/console/api/session`, { headers: { cookie: own.split(';')[0] ?? '' } })
  return { status: response.status, location: response.headers.get('location'), session: await session?.json() }
}

async function signInElsewhere(returnTo?: string): ReturnType<typeof comeBack> {
  const { url, cookie } = await begin(returnTo)
  return comeBack(await provider.signInAt(url), cookie)
}
