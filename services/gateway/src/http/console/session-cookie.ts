import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'

import { SIGN_IN_LIMITS } from '../../core/console/sign-in.ts'

const NAME = 'signalbox'

/**
 * `__Host-signalbox`: the prefix has browsers take it from this very host only, with Secure and for all paths.
 * Strict holds for links from mail too: what they lead to is a page without secrets, which asks for the rest
 * by itself, from here.
 */
const ATTRIBUTES = { prefix: 'host', path: '/', secure: true, httpOnly: true, sameSite: 'Strict' } as const

export function readSessionCookie(c: Context): string | undefined {
  const token = getCookie(c, NAME, 'host')
  return token !== undefined && /^[\w-]{43}$/.test(token) ? token : undefined
}

export function setSessionCookie(c: Context, token: string): void {
  setCookie(c, NAME, token, { ...ATTRIBUTES, maxAge: SIGN_IN_LIMITS.wholeMs / 1_000 })
}

export function clearSessionCookie(c: Context): void {
  deleteCookie(c, NAME, ATTRIBUTES)
}
