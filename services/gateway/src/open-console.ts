import { join } from 'node:path'

import { ConfigError } from '@signalbox/config'
import type { Telemetry } from '@signalbox/telemetry'
import type { HttpApp } from '@signalbox/service-kit'
import { openRedis } from '@signalbox/sessions'

import manifest from '../package.json' with { type: 'json' }

import { createOpenIdProvider } from './adapters/console/openid-provider.ts'
import { openStaticFiles } from './adapters/console/open-static-files.ts'
import { createHttpAuditSink } from './adapters/console/http-audit-sink.ts'
import { openRedisAccountStore } from './adapters/console/redis-account-store.ts'
import { openSqliteAccountStore } from './adapters/console/sqlite-account-store.ts'
import { createLinkDesk } from './adapters/management/approval-desk.ts'
import type { Management } from './adapters/management/connect-management.ts'
import type { GatewayConfig } from './config.ts'
import type { AddressMark } from './core/address-mark.ts'
import type { AccountStore } from './core/console/account-store.ts'
import { admitIdentity, type AdmitOptions } from './core/console/admit-identity.ts'
import { createManageUsers, ensureFirstAdmin } from './core/console/manage-users.ts'
import { createPasswords } from './core/console/password.ts'
import { createSignIn } from './core/console/sign-in.ts'
import { createReadOrigin } from './http/console/caller-address.ts'
import { mountDecisionLinks } from './http/console/decision/mount-decision-links.ts'
import { mountConsole, type ConsoleOptions } from './http/console/mount-console.ts'
import type { Resources } from './http/resources.ts'

const SWEEP_EVERY_MS = 3_600_000

export interface Console {
  /** The password of `admin`, where this start made it. Whoever opened the gateway tells it; no log ever does. */
  readonly password?: string
  /** Counts the chat requests that come with a key, for those who wait for the first. */
  countRequest(): void
  mount(app: HttpApp, resources: Resources): void
  close(): Promise<void>
}

export interface ConsoleParts {
  telemetry: Telemetry
  markAddress: AddressMark
  management: Management
}

/** Opens the accounts, and sees to it that there is somebody who can sign in. @throws AppError `unavailable`. */
export async function openConsole(config: GatewayConfig, { telemetry, markAddress, management }: ConsoleParts): Promise<Console> {
  const store = await openAccountStore(config, telemetry)
  try {
    const passwords = createPasswords()
    const requests = { seen: 0 }
    const audit = createHttpAuditSink({ management, log: telemetry.log })
    const { password } = await ensureFirstAdmin({ store, passwords }, config.CONSOLE_ADMIN_PASSWORD)
    const sweeping = setInterval(() => {
      store.sweepSessions(Date.now()).catch((error: unknown) => telemetry.log.warn({ err: error }, 'sign-in sessions that are over could not be removed'))
    }, SWEEP_EVERY_MS)
    sweeping.unref()
    return {
      ...(password !== undefined && { password }),
      countRequest() {
        requests.seen++
      },
      mount(app, resources) {
        mountConsole(app, {
          telemetry,
          signIn: createSignIn({ store, passwords, audit }),
          users: createManageUsers({ store, passwords, audit, rolesFromProvider: config.OIDC_ROLES.length > 0 }),
          readOrigin: createReadOrigin(markAddress, config.TRUSTED_PROXIES),
          publicUrl: { configured: toOrigin(config), trustedProxies: config.TRUSTED_PROXIES },
          recheckMs: config.KEEP_ALIVE_MS,
          identities: readIdentities(config, { store, audit }),
          readDetails: () => ({
            version: manifest.version,
            model: config.LLM_MODEL,
            scripted: config.LLM_MODEL.startsWith('scripted-'),
            requests_seen: requests.seen,
            trace_url_template: config.TRACE_URL_TEMPLATE ?? null,
          }),
          files: config.CONSOLE_DIR === undefined ? undefined : openStaticFiles(config.CONSOLE_DIR),
          resources,
        })
        mountDecisionLinks(app, { telemetry, links: createLinkDesk(management), consoleUrl: resources.chat.complex.consoleUrl })
      },
      async close() {
        clearInterval(sweeping)
        await audit.close()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

/** Where people reach the gateway, as far as the operator has said so. */
function toOrigin({ PUBLIC_URL, CONSOLE_URL }: GatewayConfig): string | undefined {
  return PUBLIC_URL ?? CONSOLE_URL?.replace(/\/console$/, '')
}

function readIdentities(config: GatewayConfig, parts: Pick<AdmitOptions, 'store' | 'audit'>): ConsoleOptions['identities'] {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId } = config
  if (issuer === undefined) return undefined
  if (clientId === undefined) throw new ConfigError('gateway', ['OIDC_CLIENT_ID is not set, though OIDC_ISSUER is'])
  const rules = { roles: config.OIDC_ROLES, byDefault: config.OIDC_DEFAULT_ROLE }
  return {
    provider: createOpenIdProvider({ issuer, clientId, clientSecret: config.OIDC_CLIENT_SECRET, name: config.OIDC_NAME, roleClaim: config.OIDC_ROLE_CLAIM }),
    admit: (identity) => admitIdentity(identity, { ...parts, rules }),
  }
}

/** On the Redis that replicas share, where there is one; else in a file. */
async function openAccountStore(config: GatewayConfig, telemetry: Telemetry): Promise<AccountStore> {
  if (config.REDIS_URL === undefined) return openSqliteAccountStore(join(config.DATA_DIR, 'console.db'))
  const redis = await openRedis({
    url: config.REDIS_URL,
    allowVolatile: config.REDIS_ALLOW_VOLATILE,
    onWarning: (message) => telemetry.log.warn(message),
  })
  const store = openRedisAccountStore({ redis, prefix: config.REDIS_PREFIX })
  return {
    ...store,
    async close() {
      await store.close()
      await redis.close()
    },
  }
}
