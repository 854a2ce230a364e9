import { readConfig } from '@signalbox/config'
import { openTelemetry } from '@signalbox/telemetry'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openGateway, type Gateway } from '../../app.ts'
import { gatewayConfigSchema } from '../../config.ts'
import { OPERATIONS, type OpenApiDocument } from './create-openapi.ts'
import { toCurl } from './render-reference.ts'

let gateway: Gateway
let document: OpenApiDocument
let page: string
let pageHeaders: Headers

beforeAll(async () => {
  const config = readConfig('gateway', gatewayConfigSchema, {
    SIGNALBOX_API_KEYS: 'ann:sbx_ann',
    LLM_BASE_URL: 'http://127.0.0.1:9/v1',
    LLM_MODEL: 'm',
    CONSOLE_ENABLED: 'false',
    PUBLIC_URL: 'https://signalbox.example.com/',
  })
  gateway = await openGateway(config, { telemetry: openTelemetry({ service: 'gateway', level: 'silent' }) })
  document = (await (await gateway.app.request('/openapi.json')).json()) as OpenApiDocument
  const response = await gateway.app.request('/reference')
  page = await response.text()
  pageHeaders = response.headers
})

afterAll(() => gateway?.close())

test('every route that answers is in the document, and everything in it answers', () => {
  const mounted = gateway.app.routes
    .filter(({ method }) => ['GET', 'POST', 'DELETE', 'PUT', 'PATCH'].includes(method))
    .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, '{$1}')}`)
  const documented = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`))
  expect([...new Set(mounted)].toSorted()).toEqual(documented.toSorted())
})

test('everything that is referred to is there, and nothing is left over from its making', () => {
  const text = JSON.stringify(document)
  const referred = new Set([...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref = '']) => ref))
  for (const ref of referred) {
    const [, , kind = '', name = ''] = ref.split('/')
    expect([ref, document.components[kind]?.[name]]).toEqual([ref, expect.anything()])
  }
  expect(text).not.toMatch(/__shared|"\$id"|"\$schema"|9007199254740991/)
})

test('every operation says who may, what goes wrong, and has a name of its own', () => {
  expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length)
  for (const { method, path, access } of OPERATIONS) {
    const operation = document.paths[path]?.[method] as { security: unknown[]; responses: Record<string, unknown> }
    expect([path, operation.security.length, '401' in operation.responses]).toEqual([path, access === 'anyone' ? 0 : 1, access !== 'anyone'])
    if (!['anyone', 'key'].includes(access)) expect([path, Object.keys(operation.responses)]).toEqual([path, expect.arrayContaining(['403'])])
  }
})

test('the page has each operation with a line to paste, and each schema', () => {
  for (const operation of OPERATIONS) {
    expect(page).toContain(`id="${operation.id}"`)
    expect(page).toContain(toCurl(operation, document).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'))
  }
  for (const [, target = ''] of page.matchAll(/href="#([^"]+)"/g)) expect(page).toContain(`id="${target}"`)
  expect(toCurl(OPERATIONS[0] as (typeof OPERATIONS)[number], document)).toMatch(
    /^curl -X POST https:\/\/signalbox\.example\.com\/v1\/chat\/completions \\\n {2}-H "Authorization/,
  )
})

test('the page asks nobody else for anything, runs nothing, and may not be framed', () => {
  expect(page).not.toMatch(/<script|<link|<img|<iframe|\bstyle="|\bon\w+="|url\(|@import/i)
  expect(page.match(/(?:src|href)="(?!#|openapi\.json")[^"]*"/g)).toBeNull()
  expect(pageHeaders.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'none'; frame-ancestors 'none'/)
  expect(page).toContain('prefers-color-scheme: dark')
  expect(page).toContain('width=device-width')
})
