import { AppError, toAppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'
import type { Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { z } from 'zod'

import type { Identity, IdentityProvider } from '../../core/console/identity-provider.ts'
import type { SignIn } from '../../core/console/sign-in.ts'
import type { User } from '../../core/console/user.ts'
import type { GatewayContext, GatewayEnv } from '../gateway-env.ts'
import type { ReadOrigin } from './caller-address.ts'
import { toPublicUrl, type PublicUrlOptions } from './public-url.ts'
import { setSessionCookie } from './session-cookie.ts'

export interface OidcOptions {
  telemetry: Telemetry
  provider: IdentityProvider
  /** Who that is here. */
  admit: (identity: Identity) => Promise<User>
  signIn: SignIn
  readOrigin: ReadOrigin
  publicUrl: PublicUrlOptions
}

const NAME = 'signalbox-oidc'
/** How long somebody may take to sign in over there, seconds. */
const ATTEMPT_S = 900
/** Lax: who comes back comes from the provider's site. Only for the callback: nobody else reads it. */
const ATTRIBUTES = { prefix: 'host', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' } as const

const attemptSchema = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), returnTo: z.string() })

/**
 * `GET /oidc/start?return_to=` sends the browser to the provider, `GET /oidc/callback` takes it back and signs
 * in. What goes wrong is told at the sign-in: `/console/?sign_in=refused`, `failed` or `unavailable`.
 */
export function mountOidc(api: Hono<GatewayEnv>, options: OidcOptions): void {
  const { telemetry, provider, admit, signIn, readOrigin, publicUrl } = options

  const callbackUrl = (c: GatewayContext): URL => new URL('/console/api/oidc/callback', toPublicUrl(c.env.incoming, publicUrl))
  const giveUp = (c: GatewayContext, error: unknown): Response => {
    const known = toAppError(error)
    telemetry.log.warn({ err: error }, 'somebody could not be signed in by the identity provider')
    return c.redirect(`/console/?sign_in=${known.code === 'unavailable' ? 'unavailable' : known.code === 'permission_denied' ? 'refused' : 'failed'}`)
  }

  api.get('/oidc/start', async (c) => {
    const elsewhere = toOwnHost(c, publicUrl)
    if (elsewhere !== undefined) return c.redirect(elsewhere)
    try {
      const { url, attempt } = await provider.begin(callbackUrl(c).href, c.req.raw.signal)
      const kept = { ...attempt, returnTo: toOwnPath(c.req.query('return_to')) }
      setCookie(c, NAME, Buffer.from(JSON.stringify(kept)).toString('base64url'), { ...ATTRIBUTES, maxAge: ATTEMPT_S })
      return c.redirect(url)
    } catch (error) {
      return giveUp(c, error)
    }
  })
  api.get('/oidc/callback', async (c) => {
    const attempt = readAttempt(getCookie(c, NAME, 'host'))
    deleteCookie(c, NAME, ATTRIBUTES)
    try {
      if (!attempt) throw new AppError('authentication_failed', 'This sign-in was not begun here, or too long ago.')
      const currentUrl = callbackUrl(c)
      currentUrl.search = new URL(c.req.url).search
      const { returnTo, ...begun } = attempt
      const user = await admit(await provider.finish(currentUrl, begun, c.req.raw.signal))
      const { token } = await signIn.begin(user, 'oidc', readOrigin(c.env.incoming))
      setSessionCookie(c, token)
      return c.redirect(returnTo, 303)
    } catch (error) {
      return giveUp(c, error)
    }
  })
}

/**
 * The provider sends everybody back to the configured host, and cookies stay on the host that set them: whoever
 * came by another name goes on by that one. Once, for a proxy may say another host than the browser sees.
 */
function toOwnHost(c: GatewayContext, { configured }: PublicUrlOptions): string | undefined {
  if (configured === undefined || c.req.query('again') !== undefined) return undefined
  if (new URL(configured).host === c.req.header('host')) return undefined
  const url = new URL('/console/api/oidc/start', configured)
  url.search = new URL(c.req.url).search
  url.searchParams.set('again', '1')
  return url.href
}

/** Back to a page of ours, and to no other: `//evil.example` is a host, and a backslash is a slash to browsers. */
export function toOwnPath(wanted: string | undefined): string {
  return wanted !== undefined && /^\/console(?:\/(?![/\\])[^\\\p{Cc}]*)?$/u.test(wanted) && wanted.length <= 2_000 ? wanted : '/console/'
}

function readAttempt(cookie: string | undefined): z.infer<typeof attemptSchema> | undefined {
  if (cookie === undefined) return undefined
  try {
    return attemptSchema.safeParse(JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8'))).data
  } catch {
    return undefined
  }
}
