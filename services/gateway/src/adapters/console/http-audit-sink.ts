import { setTimeout as pause } from 'node:timers/promises'

import { auditEntrySchema, createId, MANAGEMENT_PATHS, type UserAuditNote } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Telemetry } from '@signalbox/telemetry'

import type { AuditSink } from '../../core/console/audit-sink.ts'
import type { Management } from '../management/connect-management.ts'

export interface HttpAuditSinkOptions {
  management: Management
  log: Telemetry['log']
  /** How long an orchestrator that is away is waited for, and how often it is asked meanwhile, milliseconds. */
  patienceMs?: number
  againMs?: number
}

const AGAIN_MS = 1_000
const ANSWER_MS = 10_000
const GOODBYE_MS = 2_000
/** Notes that wait for an orchestrator that is away; those beyond are only logged. */
const WAITING = 1_000

/**
 * Tells the orchestrator what to put down, one note after the other, so that they stand in the order in which
 * things happened. One that is away is asked again for a while.
 */
export function createHttpAuditSink({
  management,
  log,
  patienceMs = 60_000,
  againMs = AGAIN_MS,
}: HttpAuditSinkOptions): AuditSink & { close(): Promise<void> } {
  const closing = new AbortController()
  const givingUp = new AbortController()
  const waiting: { note: UserAuditNote; until: number }[] = []
  let sending = Promise.resolve()

  async function send(): Promise<void> {
    for (let next = waiting[0]; next; next = waiting[0]) {
      const { note, until } = next
      try {
        await tell(management, note, givingUp.signal)
      } catch (error) {
        if (isAway(error) && Date.now() < until && !closing.signal.aborted) {
          await pause(againMs, undefined, { signal: closing.signal }).catch(() => undefined)
          continue
        }
        log.error({ err: error, note }, 'what a user did could not be put into the audit')
      }
      waiting.shift()
    }
  }

  return {
    note(note) {
      if (waiting.length >= WAITING) return log.error({ note }, 'what a user did could not be put into the audit: too much waits already')
      waiting.push({ note, until: Date.now() + patienceMs })
      if (waiting.length === 1) sending = send()
    },
    /** What waits is tried once more, for a moment, and then only logged. */
    async close() {
      closing.abort()
      const timer = setTimeout(() => givingUp.abort(), GOODBYE_MS)
      await sending
      clearTimeout(timer)
    },
  }
}

async function tell({ ask }: Management, note: UserAuditNote, signal: AbortSignal): Promise<void> {
  const call = { owner: note.by.id, requestId: createId('req'), signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) }
  await ask({ method: 'POST', path: `${MANAGEMENT_PATHS.audit}/notes`, body: note, schema: auditEntrySchema }, call)
}

/** It has not heard us. One that was too slow may have: told again, it would put the same down twice. */
function isAway(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unavailable' && error.retryable
}
