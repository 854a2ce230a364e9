import type { ConsoleInfo } from '@signalbox/contracts'
import type { Hono } from 'hono'

import type { SignIn } from '../../core/console/sign-in.ts'
import type { GatewayEnv } from '../gateway-env.ts'
import { toPublicUrl, type PublicUrlOptions } from './public-url.ts'
import { readSessionCookie } from './session-cookie.ts'

export interface InfoOptions {
  publicUrl: PublicUrlOptions
  oidc: { name: string } | null
  /** For those who are signed in. */
  readDetails: () => Pick<ConsoleInfo, 'version' | 'model' | 'scripted' | 'requests_seen' | 'trace_url_template'>
}

const UNTOLD = { version: null, model: null, scripted: null, requests_seen: null, trace_url_template: null }

/** `GET /info`: what the pages are to say. Whoever is not signed in learns how to sign in, and no more. */
export function mountInfo(api: Hono<GatewayEnv>, signIn: SignIn, { publicUrl, oidc, readDetails }: InfoOptions): void {
  api.get('/info', async (c) => {
    const token = readSessionCookie(c)
    const known = token !== undefined && (await signIn.read(token)) !== undefined
    const info: ConsoleInfo = { base_url: `${toPublicUrl(c.env.incoming, publicUrl)}/v1`, oidc, ...(known ? readDetails() : UNTOLD) }
    return c.json(info)
  })
}
