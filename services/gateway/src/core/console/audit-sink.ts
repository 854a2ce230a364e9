import type { UserAuditNote } from '@signalbox/contracts'

/** The port to the audit, which the orchestrator keeps. Never throws and holds nobody up: where it stays away, the log says what was not put down. */
export interface AuditSink {
  note(note: UserAuditNote): void
}
