import { ConfigError } from '@signalbox/config'
import { openTelemetry } from '@signalbox/telemetry'
import { expect, test } from 'vitest'

import { createHttpApp } from './http-app.ts'
import { listen, type Service } from './run-service.ts'

test('a port that is taken is one clear line that says what to do', async () => {
  const first = await listen(service(), { host: '127.0.0.1', port: 0, guarded: false })
  const port = Number(new URL(first.url).port)

  const second = listen(service(), { host: '127.0.0.1', port, guarded: false })
  await expect(second).rejects.toThrow(new RegExp(`port ${port} on 127.0.0.1 is taken: stop what listens there, or set another port`))
  await expect(second).rejects.toBeInstanceOf(ConfigError)
  await first.stop()
})

test('a service that asks for no credential refuses to be reachable from outside', async () => {
  await expect(listen(service(), { host: '0.0.0.0', port: 0, guarded: false })).rejects.toThrow(/SERVICE_TOKEN is not set/)
})

test('stopping lets a running request end, and closes what the service holds', async () => {
  const request = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  let closed = false
  const slow = service({ close: async () => void (closed = true) })
  slow.app.get('/slow', async (c) => {
    arrived.resolve()
    await request.promise
    return c.text('done')
  })
  const listening = await listen(slow, { host: '127.0.0.1', port: 0, guarded: false })

  const answer = fetch(`${listening.url}/slow`)
  await arrived.promise
  const stopped = listening.stop()
  expect(closed).toBe(false)
  request.resolve()
  expect(await (await answer).text()).toBe('done')
  await stopped
  expect(closed).toBe(true)
})

test('stopping now cuts a request that does not end', async () => {
  const arrived = Promise.withResolvers<void>()
  const stuck = service()
  stuck.app.get('/stuck', async () => {
    arrived.resolve()
    return await new Promise<Response>(() => undefined)
  })
  const listening = await listen(stuck, { host: '127.0.0.1', port: 0, guarded: false })

  const answer = fetch(`${listening.url}/stuck`)
  await arrived.promise
  const stopped = listening.stop(60_000)
  listening.now()
  await expect(answer).rejects.toThrow()
  await stopped
})

test('a service whose start fails gives back its port', async () => {
  let closed = false
  const failing = service({ start: () => Promise.reject(new Error('no store')), close: async () => void (closed = true) })
  await expect(listen(failing, { host: '127.0.0.1', port: 0, guarded: false })).rejects.toThrow('no store')
  expect(closed).toBe(true)
})

function service(overrides: Partial<Service> = {}): Service {
  const telemetry = openTelemetry({ service: 'test', level: 'silent' })
  const app = createHttpApp({ telemetry, renderError: () => new Response('error', { status: 500 }) })
  return { name: 'test', app, telemetry, close: async () => undefined, ...overrides }
}
