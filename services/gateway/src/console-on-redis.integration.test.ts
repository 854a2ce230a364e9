import { randomBytes } from 'node:crypto'

import { openRedis } from '@signalbox/sessions'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { startConsole, type Browser, type TestConsole } from './fixtures/console.ts'

const url = process.env['TEST_REDIS_URL'] ?? ''
if (!url) throw new Error('TEST_REDIS_URL is not set: the address of a Redis for tests, such as redis://127.0.0.1:6379')

let prefix: string
let gateways: [TestConsole, TestConsole]

beforeEach(async () => {
  prefix = `test:${randomBytes(6).toString('hex')}`
  const shared = { REDIS_URL: url, REDIS_PREFIX: prefix, REDIS_ALLOW_VOLATILE: 'true' }
  gateways = await Promise.all([startConsole(shared), startConsole(shared)])
})

afterEach(async () => {
  for (const gateway of gateways) await gateway[Symbol.asyncDispose]()
  const redis = await openRedis({ url, allowVolatile: true, onWarning: () => undefined })
  const keys = await redis.client.keys(`${prefix}:*`)
  if (keys.length > 0) await redis.client.del(keys)
  await redis.close()
})

test('gateways that begin at once make one admin', async () => {
  const admin = await gateways[0].signIn()
  expect((await admin.ask('GET', '/users')).body['data']).toMatchObject([{ name: 'admin' }])
})

test('who signs in at one gateway is signed in at the other, and signed out at both', async () => {
  const admin = await gateways[0].signIn()
  expect(await statusAtOther(admin)).toBe(200)
  await admin.ask('DELETE', '/session')
  expect(await statusAtOther(admin)).toBe(401)
})

test('who is disabled at one gateway is shut out at the other at once', async () => {
  const admin = await gateways[0].signIn()
  const { body } = await admin.ask('POST', '/users', { body: { name: 'ann', role: 'viewer' } })
  const ann = await gateways[0].signIn({ user: 'ann', password: String(body['password']) })
  expect(await statusAtOther(ann)).toBe(200)
  await admin.ask('PATCH', '/users/user:ann', { body: { disabled: true } })
  expect(await statusAtOther(ann)).toBe(401)
})

async function statusAtOther({ cookie }: Browser): Promise<number> {
  return (await fetch(`${gateways[1].url}/console/api/session`, { headers: { cookie } })).status
}
