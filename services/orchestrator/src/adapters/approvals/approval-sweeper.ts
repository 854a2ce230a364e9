import type { ApprovalLedger } from '@signalbox/approvals'
import type { Approval } from '@signalbox/contracts'
import { toAppError } from '@signalbox/errors'

import { TIMEOUT, withTimeout } from '../../core/approvals/decide-approval.ts'
import type { Notifier } from '../../core/approvals/ports.ts'
import { approvalNote } from './approval-notes.ts'
import type { TellSession } from './tell-session.ts'

export interface ApprovalSweeperOptions {
  ledger: Pick<ApprovalLedger, 'undelivered' | 'due' | 'change' | 'sweep'>
  tell: TellSession
  notifier: Notifier
  /** How often to look, milliseconds. */
  everyMs: number
  /** How long decided approvals are kept, milliseconds. */
  retentionMs: number
  onError: (error: unknown) => void
  now?: () => Date
}

export interface ApprovalSweeper {
  /** Looks now, or joins the look that is under way. */
  sweep(): Promise<void>
  /** Looks no more, and waits for the look that is under way. */
  close(): Promise<void>
}

const BATCH = 100
/** Forgetting has time. */
const FORGET_EVERY_MS = 600_000

/** Decides what nobody decided in time, asks others too when it is time for that, and tells sessions what they were not told. Looks at once, then every `everyMs`. Any number of replicas may. */
export function startApprovalSweeper(options: ApprovalSweeperOptions): ApprovalSweeper {
  const { ledger, tell, notifier, now = () => new Date() } = options
  const closing = new AbortController()
  let underWay: Promise<void> | undefined
  let forgotAt = 0

  function sweep(): Promise<void> {
    underWay ??= look().finally(() => (underWay = undefined))
    return underWay
  }

  async function look(): Promise<void> {
    await attempt(async () => {
      for (const approval of await ledger.due(now(), BATCH)) await attempt(() => moveOn(approval))
    })
    // What has just been decided is told in the same breath; what could not be told must not keep others from being told.
    await attempt(async () => {
      for (const approval of await ledger.undelivered(BATCH)) await attempt(() => tell(approval))
    })
    if (Date.now() - forgotAt < FORGET_EVERY_MS) return
    await attempt(async () => {
      forgotAt = Date.now()
      await ledger.sweep(new Date(now().getTime() - options.retentionMs))
    })
  }

  async function attempt(work: () => Promise<void>): Promise<void> {
    if (closing.signal.aborted) return
    try {
      await work()
    } catch (error) {
      // Somebody decided it meanwhile, or another replica was faster.
      if (toAppError(error).code !== 'conflict') options.onError(error)
    }
  }

  async function moveOn(approval: Approval): Promise<void> {
    const time = now()
    if (Date.parse(approval.expires_at) <= time.getTime()) await expire(approval, time.toISOString())
    else await escalate(approval, time.toISOString())
  }

  async function expire(approval: Approval, at: string): Promise<void> {
    const next = withTimeout(approval, at)
    const decision = next.state === 'approved' ? 'approve' : 'reject'
    const note = approvalNote('approval.expired', next, { ...TIMEOUT, via: 'policy' }, at, { decision, action: next.action.type, agent: next.agent })
    const deliveries = notifier.deliveriesFor(next, next.state === 'approved' ? 'approval.decided' : 'approval.expired')
    await ledger.change(next, approval.version, { notes: [note], deliveries, undelivered: true })
  }

  async function escalate(approval: Approval, at: string): Promise<void> {
    const next = { ...approval, escalated: true }
    const by = { id: 'policy:escalation', name: 'a policy', via: 'policy' }
    const note = approvalNote('approval.escalated', next, by, at, { to: next.escalates_to, expires_at: next.expires_at })
    await ledger.change(next, approval.version, { notes: [note], deliveries: notifier.deliveriesFor(next, 'approval.escalated') })
  }

  const timer = setInterval(() => void sweep(), options.everyMs)
  void sweep()
  return {
    sweep,
    async close() {
      closing.abort()
      clearInterval(timer)
      await underWay
    },
  }
}
