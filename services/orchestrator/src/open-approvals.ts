import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { env } from 'node:process'

import type { ApprovalLedger } from '@signalbox/approvals'
import { toAppError } from '@signalbox/errors'
import type { Doorbell, SessionStore } from '@signalbox/sessions'
import type { Telemetry } from '@signalbox/telemetry'

import {
  createApprovalBook,
  createApprovalDesk,
  createTellSession,
  readPoliciesFile,
  startApprovalSweeper,
  type ApprovalSweeper,
  type PoliciesFile,
} from './adapters/approvals/index.ts'
import { evaluateRule } from './adapters/json-logic.ts'
import { createLinkDesk, createLinks, createNotifier, type ApprovalNotifier, type LinkDesk } from './adapters/notify/index.ts'
import type { OrchestratorConfig } from './config.ts'
import { createPolicies, NO_POLICIES } from './core/approvals/policies.ts'
import type { ApprovalBook, ApprovalPolicies } from './core/approvals/ports.ts'
import { createSeal } from './core/approvals/seal.ts'

/** All that people have to do with sessions: what they are asked, by which rules, and how they hear of it. */
export interface Approvals {
  policies: ApprovalPolicies
  book: ApprovalBook
  desk: ReturnType<typeof createApprovalDesk>
  links: LinkDesk
  notifier: ApprovalNotifier
  start(): void
  /** Waits for what is under way, at most until `signal` aborts. */
  close(signal?: AbortSignal): Promise<void>
}

const LOCAL_CONSOLE = 'http://127.0.0.1:8000/console'

/** Where nothing says how links are signed they are good for this process alone, and the same secret looks another after it. */
const noSecret = (): string => crypto.randomUUID()

/** @throws ConfigError for a policies file that cannot be read or has faults. */
export async function openApprovals(tools: {
  config: OrchestratorConfig
  telemetry: Telemetry
  store: SessionStore
  doorbell: Pick<Doorbell, 'ring'>
  ledger: ApprovalLedger
}): Promise<Approvals> {
  const { config, telemetry, store, doorbell, ledger } = tools
  const { log } = telemetry
  const { rules, channels } = await readPolicies(config)
  const secret = config.LINK_SECRET ?? config.SERVICE_TOKEN ?? noSecret()
  const links = createLinks({ secret, channels })
  const notifier = createNotifier({
    ledger,
    channels,
    links,
    consoleUrl: config.CONSOLE_URL ?? LOCAL_CONSOLE,
    allowances: config.NOTIFY_ALLOW_HOSTS,
    telemetry,
  })
  const tell = createTellSession({ store, doorbell, ledger })
  const desk = createApprovalDesk({ ledger, store, notifier, tell, log })
  let sweeper: ApprovalSweeper | undefined

  return {
    policies: createPolicies(rules, { evaluate: evaluateRule, seal: createSeal(secret) }),
    book: createApprovalBook({ ledger, notifier }),
    desk,
    links: createLinkDesk({ links, desk, peek: desk.peek }),
    notifier,
    start() {
      notifier.start()
      sweeper = startApprovalSweeper({
        ledger,
        tell,
        notifier,
        everyMs: config.SWEEP_EVERY_MS,
        retentionMs: config.APPROVAL_RETENTION_D * 86_400_000,
        onError(error) {
          const { code } = toAppError(error)
          if (code === 'unavailable') log.debug({ code }, 'sweeping approvals was left for later')
          else log.error({ err: error, code }, 'sweeping approvals failed')
        },
      })
    },
    async close(signal) {
      await Promise.all([sweeper?.close(), notifier.close(signal)])
    },
  }
}

/** The file that was named must be there; the one in the data folder may be. */
async function readPolicies(config: OrchestratorConfig): Promise<PoliciesFile> {
  const usual = join(resolve(config.DATA_DIR), 'approvals.yaml')
  const path = config.APPROVALS_FILE ?? (existsSync(usual) ? usual : undefined)
  return path === undefined ? { rules: NO_POLICIES, channels: [] } : readPoliciesFile(path, env)
}
