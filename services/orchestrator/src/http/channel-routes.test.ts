import { SERVICE_HEADERS, toActorHeader, type Role } from '@signalbox/contracts'
import { Hono } from 'hono'
import { expect, test } from 'vitest'

import { startReceiver } from '../adapters/notify/fixtures/receiver.ts'
import { channelsOf, closing, SECRET, startNotifier } from '../adapters/notify/fixtures/world.ts'
import { channelRoutes, deliveryRoutes } from './channel-routes.ts'

test('whoever may look sees the channels, masked, and what was sent over them, newest first and in pages', async () => {
  const { ask } = await world()
  await ask('POST', '/v1/channels/ops/test', 'admin')
  await ask('POST', '/v1/channels/ops/test', 'admin')
  const channels = await ask('GET', '/v1/channels', 'viewer')
  expect(channels).toMatchObject({
    status: 200,
    body: { object: 'list', data: [{ id: 'ops', type: 'webhook', recipient: null, last: { state: 'delivered', error: null } }] },
  })
  expect(JSON.stringify(channels)).not.toMatch(/whsec_|the-path-secret/)

  const first = await ask('GET', '/v1/deliveries?channel=ops&limit=1', 'viewer')
  expect(first).toMatchObject({
    status: 200,
    body: { object: 'list', data: [{ channel: 'ops', event: 'test', state: 'delivered' }], next_cursor: expect.any(String) },
  })
  const second = await ask('GET', `/v1/deliveries?channel=ops&limit=1&cursor=${String(first.body['next_cursor'])}`, 'viewer')
  expect(second.body).toMatchObject({ data: [{ event: 'test' }], next_cursor: null })
  expect(second.body['data']).not.toEqual(first.body['data'])
})

test('only an admin sends a test, and is answered how it went', async () => {
  const { ask, receiver } = await world()
  expect(await ask('POST', '/v1/channels/ops/test', 'operator')).toMatchObject({ status: 403 })
  expect(receiver.received).toHaveLength(0)
  expect(await ask('POST', '/v1/channels/ops/test', 'admin')).toMatchObject({
    status: 200,
    body: { state: 'delivered', event: 'test', status: 200, attempts: 1 },
  })
  expect(await ask('POST', '/v1/channels/nowhere/test', 'admin')).toMatchObject({ status: 404 })
})

test('who acts for nobody but their own sessions sees nothing of this', async () => {
  const { ask } = await world()
  for (const path of ['/v1/channels', '/v1/deliveries']) expect(await ask('GET', path)).toMatchObject({ status: 403 })
})

test('a query that cannot be is a 400 that names the field', async () => {
  const { ask } = await world()
  expect(await ask('GET', '/v1/deliveries?limit=0', 'viewer')).toMatchObject({ status: 400, body: { error: { message: expect.stringMatching(/^limit: /) } } })
})

async function world() {
  const receiver = closing(await startReceiver())
  const { notifier, ledger } = await startNotifier(channelsOf({ id: 'ops', type: 'webhook', url: receiver.url, secret: SECRET }))
  const app = new Hono().route('/v1/channels', channelRoutes(notifier)).route('/v1/deliveries', deliveryRoutes(ledger))
  return {
    receiver,
    async ask(method: string, path: string, role?: Role): Promise<{ status: number; body: Record<string, unknown> }> {
      const actor = role && { [SERVICE_HEADERS.actor]: toActorHeader({ id: `user:${role}`, name: role, role, via: 'console', groups: [] }) }
      const response = await app.request(path, { method, headers: { ...actor } })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
  }
}
