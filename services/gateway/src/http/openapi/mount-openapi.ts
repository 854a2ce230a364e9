import type { HttpApp } from '@signalbox/service-kit'

import manifest from '../../../package.json' with { type: 'json' }
import { createOpenApi, type OpenApiDocument } from './create-openapi.ts'
import { REFERENCE_POLICY } from './reference-styles.ts'
import { renderReference } from './render-reference.ts'

/** They change with the version alone. */
const CACHE = 'public, max-age=300'

/** `GET /openapi.json` and `GET /reference`: what the API can do, for programs and for people. Neither asks for a key: nothing in them is a secret. */
export function mountOpenApi(app: HttpApp, { url }: { url: string }): void {
  // Nobody may ever ask, and making them takes a while.
  let document: OpenApiDocument | undefined
  let json: string | undefined
  let page: string | undefined
  const open = (): OpenApiDocument => (document ??= createOpenApi({ url, version: manifest.version }))

  app.get('/openapi.json', (c) =>
    c.body((json ??= JSON.stringify(open())), 200, { 'content-type': 'application/json', 'cache-control': CACHE, 'access-control-allow-origin': '*' }),
  )
  app.get('/reference', (c) =>
    c.body((page ??= renderReference(open())), 200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': CACHE,
      'content-security-policy': REFERENCE_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    }),
  )
}
