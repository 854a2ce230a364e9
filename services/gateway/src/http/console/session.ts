import { passwordChangeSchema, signInRequestSchema, type ConsoleSession } from '@signalbox/contracts'
import type { Hono } from 'hono'

import type { SignedIn, SignIn } from '../../core/console/sign-in.ts'
import type { GatewayContext, GatewayEnv } from '../gateway-env.ts'
import { withJson } from '../read-json.ts'
import type { ReadOrigin } from './caller-address.ts'
import { notSignedIn, requireCsrf, requireTrustworthy } from './guard.ts'
import { clearSessionCookie, readSessionCookie, setSessionCookie } from './session-cookie.ts'

/** What people type into forms, each sign as an escape. */
const LARGEST = 16 * 1_024

/** `POST`, `GET` and `DELETE /session`: sign in, who is signed in, sign out. */
export function mountSession(api: Hono<GatewayEnv>, signIn: SignIn, readOrigin: ReadOrigin): void {
  api.post('/session', (c) => {
    requireTrustworthy(c.req.header('origin'))
    return withJson(c, { schema: signInRequestSchema, limit: LARGEST }, async (credentials) => {
      const { token, signedIn } = await signIn.withPassword(credentials, readOrigin(c.env.incoming))
      // Whoever was signed in here before is not any more: one browser, one session, and never one that was there before the sign-in.
      const before = readSessionCookie(c)
      if (before !== undefined) await signIn.end(before, readOrigin(c.env.incoming))
      setSessionCookie(c, token)
      return c.json(toView(signedIn))
    })
  })
  api.get('/session', async (c) => c.json(toView(await readSignedIn(c, signIn))))
  api.delete('/session', async (c) => {
    const token = readSessionCookie(c)
    const signedIn = token === undefined ? undefined : await signIn.read(token)
    if (token !== undefined && signedIn) {
      requireCsrf(c.req.method, c.req.header('x-signalbox-csrf'), signedIn.csrf)
      await signIn.end(token, readOrigin(c.env.incoming))
    }
    clearSessionCookie(c)
    return c.body(null, 204)
  })
}

/** `POST /session/password`: one's own. Every other session of the same user is over then. */
export function mountOwnPassword(api: Hono<GatewayEnv>, signIn: SignIn, readOrigin: ReadOrigin): void {
  api.post('/session/password', (c) =>
    withJson(c, { schema: passwordChangeSchema, limit: LARGEST }, async (passwords) => {
      const { token, signedIn } = await signIn.changePassword(await readSignedIn(c, signIn), passwords, readOrigin(c.env.incoming))
      setSessionCookie(c, token)
      return c.json(toView(signedIn))
    }),
  )
}

async function readSignedIn(c: GatewayContext, signIn: SignIn): Promise<SignedIn> {
  const token = readSessionCookie(c)
  const signedIn = token === undefined ? undefined : await signIn.read(token)
  if (!signedIn) throw notSignedIn()
  return signedIn
}

function toView({ user: { id, name, role }, csrf }: SignedIn): ConsoleSession {
  return { user: { id, name, role }, csrf }
}
