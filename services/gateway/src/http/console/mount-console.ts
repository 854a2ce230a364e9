import { AppError, toAppError } from '@signalbox/errors'
import { METRICS, type Telemetry } from '@signalbox/telemetry'
import type { HttpApp } from '@signalbox/service-kit'
import { Hono } from 'hono'

import type { ManageUsers } from '../../core/console/manage-users.ts'
import type { SignIn } from '../../core/console/sign-in.ts'
import type { StaticFiles } from '../../core/console/static-files.ts'
import type { GatewayEnv } from '../gateway-env.ts'
import { mountMethodGuards } from '../methods.ts'
import { observeRequests } from '../observe.ts'
import { renderError } from '../render-error.ts'
import { mountResources, type Resources } from '../resources.ts'
import type { ReadOrigin } from './caller-address.ts'
import { requireRole, requireSameOrigin, requireSignIn } from './guard.ts'
import { mountInfo, type InfoOptions } from './info.ts'
import { mountOidc, type OidcOptions } from './oidc.ts'
import { pageHeaders } from './page-headers.ts'
import { mountPages } from './pages.ts'
import { mountOwnPassword, mountSession } from './session.ts'
import { mountUsers } from './users.ts'

/** To ask spends tokens. Viewers look. */
const SPENDING = ['/chat/completions', '/completions', '/embeddings', '/responses', '/responses/*', '/route']

export interface ConsoleOptions extends Omit<InfoOptions, 'oidc'> {
  telemetry: Telemetry
  signIn: SignIn
  users: ManageUsers
  readOrigin: ReadOrigin
  /** How often it is looked whether whoever follows a stream is still signed in, milliseconds. */
  recheckMs: number
  /** Signing in by somebody else's word; undefined where nobody's counts. */
  identities: Pick<OidcOptions, 'provider' | 'admit'> | undefined
  /** The built app; undefined where there is none. */
  files: StaticFiles | undefined
  resources: Resources
}

/**
 * The console: pages at /console, and at /console/api what they call. There one signs in with a cookie, and is then
 * served by the very handlers that serve keys under /v1, as the person that one is.
 */
export function mountConsole(app: HttpApp, options: ConsoleOptions): void {
  const { signIn, readOrigin, telemetry } = options
  const rejected = telemetry.meter.createCounter(METRICS.rejected)

  const api = new Hono<GatewayEnv>({ strict: false })
  api.onError((error) => {
    if (toAppError(error).code === 'authentication_failed') rejected.add(1, { code: 'authentication_failed' })
    return renderError(error, telemetry)
  })
  api.use(pageHeaders({ 'cache-control': 'no-store' }))
  api.use(requireSameOrigin(options.publicUrl))
  api.use((c, next) => {
    c.set('record', {})
    return next()
  })
  mountSession(api, signIn, readOrigin)
  mountInfo(api, signIn, { ...options, oidc: options.identities ? { name: options.identities.provider.name } : null })
  if (options.identities) mountOidc(api, { ...options, ...options.identities })

  api.use(requireSignIn(signIn, readOrigin, options.recheckMs))
  api.use(observeRequests(telemetry))
  for (const path of SPENDING) api.use(path, requireRole('approver'))
  mountOwnPassword(api, signIn, readOrigin)
  mountUsers(api, options.users)
  mountResources(api, options.resources)
  mountMethodGuards(api)
  api.all('/*', (c) => {
    throw new AppError('not_found', `There is nothing at ${c.req.method} ${c.req.path}.`)
  })

  const pages = new Hono<GatewayEnv>({ strict: false })
  pages.use(pageHeaders())
  mountPages(pages, options.files)

  app.route('/console/api', api)
  app.route('/console', pages)
  // Whoever types the address into a browser means the console.
  app.get('/', (c, next) => (c.req.header('accept')?.includes('text/html') === true ? Promise.resolve(c.redirect('/console/')) : next()))
}
