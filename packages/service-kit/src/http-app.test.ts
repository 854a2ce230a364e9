import { AppError, toAppError } from '@signalbox/errors'
import { openTelemetry } from '@signalbox/telemetry'
import { expect, test } from 'vitest'

import { createHttpApp, requireServiceToken, type Health } from './http-app.ts'

test('a service says that it lives, and whether it is ready', async () => {
  let health: Health = { ready: true, checks: { store: 'ok' } }
  const app = appWith({ health: async () => health })

  expect((await app.request('/healthz')).status).toBe(200)
  expect((await app.request('/readyz')).status).toBe(200)
  health = { ready: false, checks: { store: 'unreachable' } }
  const notReady = await app.request('/readyz')
  expect(notReady.status).toBe(503)
  expect(await notReady.json()).toMatchObject({ checks: { store: 'unreachable' } })
})

test('every answer carries a request id: the caller’s where it is sane, a new one where it is not', async () => {
  const app = appWith({})
  app.get('/boom', () => {
    throw new AppError('conflict', 'no')
  })

  const mine = await app.request('/healthz', { headers: { 'x-request-id': 'mine-1' } })
  expect(mine.headers.get('x-request-id')).toBe('mine-1')
  const hostile = await app.request('/healthz', { headers: { 'x-request-id': 'a b<script>' } })
  expect(hostile.headers.get('x-request-id')).toMatch(/^req_[0-9a-z]{26}$/)
  const failed = await app.request('/boom', { headers: { 'x-request-id': 'mine-2' } })
  expect(failed.headers.get('x-request-id')).toBe('mine-2')
})

test('errors and unknown paths are rendered in one place', async () => {
  const app = appWith({})
  app.get('/boom', () => {
    throw new Error('the password is swordfish')
  })

  const boom = await app.request('/boom')
  expect(await boom.text()).toBe('internal')
  const nowhere = await app.request('/nowhere')
  expect(await nowhere.text()).toBe('not_found')
})

test('with a service token set, a call without it is refused', async () => {
  const app = appWith({})
  app.use('/inside/*', requireServiceToken('a-token-of-some-length'))
  app.get('/inside/thing', (c) => c.text('thing'))

  expect(await (await app.request('/inside/thing')).text()).toBe('authentication_failed')
  const almost = await app.request('/inside/thing', { headers: { authorization: 'Bearer a-token-of-some-lengt' } })
  expect(await almost.text()).toBe('authentication_failed')
  const right = await app.request('/inside/thing', { headers: { authorization: 'Bearer a-token-of-some-length' } })
  expect(await right.text()).toBe('thing')
})

function appWith(options: { health?: () => Promise<Health> }) {
  const telemetry = openTelemetry({ service: 'test', level: 'silent' })
  return createHttpApp({ telemetry, ...options, renderError: (error) => new Response(toAppError(error).code, { status: 400 }) })
}
