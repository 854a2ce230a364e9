import type { ServerResponse } from 'node:http'

import { mayActAs, type Actor, type Role } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { MiddlewareHandler } from 'hono'

import { isCsrf, type SignIn } from '../../core/console/sign-in.ts'
import { toActor } from '../../core/console/user.ts'
import type { GatewayContext, GatewayEnv } from '../gateway-env.ts'
import type { ReadOrigin } from './caller-address.ts'
import { isOurs, isTrustworthy, type PublicUrlOptions } from './public-url.ts'
import { readSessionCookie } from './session-cookie.ts'

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what a page of somebody else makes a browser send. Browsers of today say in Sec-Fetch-Site where a
 * request comes from; older ones say it in Origin. Programs say neither, and hold no cookie by accident.
 */
export function requireSameOrigin(options: PublicUrlOptions): MiddlewareHandler<GatewayEnv> {
  return (c, next) => {
    if (SAFE.has(c.req.method)) return next()
    const site = c.req.header('sec-fetch-site')
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw foreign()
    const origin = c.req.header('origin')
    if (site === undefined && origin !== undefined && !isOurs(origin, c.env.incoming, options)) throw foreign()
    return next()
  }
}

/** Where a browser would throw our cookie away, that is said instead of a sign-in that does not hold. */
export function requireTrustworthy(origin: string | undefined): void {
  if (origin === undefined || origin === 'null' || isTrustworthy(origin)) return
  throw new AppError(
    'invalid_request',
    'The console needs https, or http://localhost: over plain http browsers keep no sign-in. Put a proxy with TLS in front.',
  )
}

/** Lets only those pass who are signed in, and notes who acts; what changes anything must bring the CSRF token too. */
export function requireSignIn(signIn: SignIn, readOrigin: ReadOrigin, recheckMs: number): MiddlewareHandler<GatewayEnv> {
  return async (c, next) => {
    const token = readSessionCookie(c)
    const signedIn = token === undefined ? undefined : await signIn.read(token)
    if (token === undefined || !signedIn) throw notSignedIn()
    requireCsrf(c.req.method, c.req.header('x-signalbox-csrf'), signedIn.csrf)
    c.set('owner', signedIn.user.id)
    c.set('actor', toActor(signedIn.user, readOrigin(c.env.incoming).from))
    endWithSignIn(c.env.outgoing, { recheckMs, isSignedIn: async () => (await signIn.read(token)) !== undefined })
    await next()
  }
}

/** A stream ends soon after the session of whoever follows it: a user who is shut out hears no more. */
function endWithSignIn(outgoing: ServerResponse, { recheckMs, isSignedIn }: { recheckMs: number; isSignedIn: () => Promise<boolean> }): void {
  const timer = setInterval(() => {
    // A store that is away for a moment says nothing about anybody.
    isSignedIn().then(
      (still) => still || outgoing.destroy(),
      () => undefined,
    )
  }, recheckMs)
  timer.unref()
  outgoing.once('close', () => clearInterval(timer))
}

export function requireCsrf(method: string, said: string | undefined, right: string): void {
  if (SAFE.has(method) || (said !== undefined && isCsrf(said, right))) return
  throw new AppError(
    'permission_denied',
    'The CSRF token is missing or not this session’s: ask GET /console/api/session for it, and send it as x-signalbox-csrf.',
  )
}

export function requireRole(needed: Role): MiddlewareHandler<GatewayEnv> {
  return (c, next) => {
    const { role } = readActor(c)
    if (!mayActAs(role, needed)) throw new AppError('permission_denied', `This needs the role ${needed}; yours is ${role}.`)
    return next()
  }
}

/** Who is signed in, behind {@link requireSignIn}. */
export function readActor(c: GatewayContext): Actor {
  const actor = c.get('actor')
  if (!actor) throw notSignedIn()
  return actor
}

export function notSignedIn(): AppError {
  return new AppError('authentication_failed', 'Sign in at the console first.')
}

function foreign(): AppError {
  return new AppError('permission_denied', 'This was sent by a page of another site.')
}
