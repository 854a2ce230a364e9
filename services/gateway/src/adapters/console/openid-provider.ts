import { AppError } from '@signalbox/errors'
import * as openid from 'openid-client'
import { z } from 'zod'

import type { Identity, IdentityProvider } from '../../core/console/identity-provider.ts'

export interface OpenIdOptions {
  issuer: string
  clientId: string
  /** Undefined for a public client, which PKCE alone protects. */
  clientSecret: string | undefined
  name: string
  /** The claim of somebody's groups; `realm_access.roles` for one within another. */
  roleClaim: string
  timeoutS?: number
}

const claimsSchema = z.looseObject({ sub: z.string().min(1), iss: z.string().optional() })
const groupsSchema = z.union([
  z.string().transform((group) => [group]),
  z.array(z.unknown()).transform((all) => all.filter((group) => typeof group === 'string')),
])

/** An OpenID Connect provider: authorization code flow with PKCE, state and nonce. It is asked about itself at the first sign-in, and until it has answered once. */
export function createOpenIdProvider({ issuer, clientId, clientSecret, name, roleClaim, timeoutS = 10 }: OpenIdOptions): IdentityProvider {
  let discovered: Promise<openid.Configuration> | undefined
  const discover = (): Promise<openid.Configuration> => {
    discovered ??= openid
      .discovery(new URL(issuer), clientId, undefined, clientSecret === undefined ? openid.None() : openid.ClientSecretPost(clientSecret), {
        timeout: timeoutS,
        // Only the configuration can ask for http, and it does so only for this machine.
        ...(issuer.startsWith('http:') && { execute: [openid.allowInsecureRequests] }),
      })
      .catch((cause: unknown) => {
        discovered = undefined
        throw away(cause)
      })
    return discovered
  }

  /** Those that came with the ID token; where the groups are not among them, those of the userinfo endpoint too. */
  async function readClaims(
    config: openid.Configuration,
    tokens: Awaited<ReturnType<typeof openid.authorizationCodeGrant>>,
  ): Promise<z.infer<typeof claimsSchema>> {
    const claims = claimsSchema.parse(tokens.claims())
    if (readClaim(claims, roleClaim) !== undefined || config.serverMetadata().userinfo_endpoint === undefined) return claims
    return { ...(await openid.fetchUserInfo(config, tokens.access_token, claims.sub)), ...claims }
  }

  return {
    name,
    async begin(callbackUrl) {
      const config = await discover()
      const attempt = { state: openid.randomState(), nonce: openid.randomNonce(), verifier: openid.randomPKCECodeVerifier() }
      const { scopes_supported: scopes } = config.serverMetadata()
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: callbackUrl,
        // Some tell groups only to those who ask for them, others refuse whoever asks for what they do not know.
        scope: ['openid', 'profile', 'email', ...(scopes?.includes(roleClaim) === true ? [roleClaim] : [])].join(' '),
        code_challenge: await openid.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        state: attempt.state,
        nonce: attempt.nonce,
      })
      return { url: url.href, attempt }
    },
    async finish(currentUrl, { state, nonce, verifier }) {
      const config = await discover()
      try {
        const tokens = await openid.authorizationCodeGrant(config, currentUrl, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier })
        return toIdentity(await readClaims(config, tokens), { issuer: config.serverMetadata().issuer, roleClaim })
      } catch (error) {
        throw explain(error)
      }
    },
  }
}

function toIdentity(claims: z.infer<typeof claimsSchema>, { issuer, roleClaim }: { issuer: string; roleClaim: string }): Identity {
  const { preferred_username: username, email, email_verified: isVerified, name } = claims
  // An address that nobody has verified is a claim to be somebody.
  const names = [username, isVerified === false ? undefined : email, name].filter((word) => typeof word === 'string')
  return { subject: `${issuer} ${claims.sub}`, names, groups: groupsSchema.safeParse(readClaim(claims, roleClaim)).data ?? [] }
}

/** A claim may have dots in its own name, as a URL has; else they lead into it. */
function readClaim(claims: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let at: unknown = claims
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return at
}

/** What the provider refuses is a sign-in that failed; what it does not answer is a provider that is away. */
function explain(error: unknown): AppError {
  if (error instanceof openid.AuthorizationResponseError)
    return new AppError('authentication_failed', 'The identity provider refused the sign-in.', { cause: error })
  if (error instanceof openid.ClientError && (error.code === 'OAUTH_TIMEOUT' || error.cause instanceof TypeError)) return away(error)
  if (error instanceof TypeError && error.message === 'fetch failed') return away(error)
  return new AppError('authentication_failed', 'The sign-in at the identity provider did not come to a good end.', { cause: error })
}

function away(cause: unknown): AppError {
  return new AppError('unavailable', 'The identity provider cannot be reached.', { cause, retryAfterMs: 5_000 })
}
