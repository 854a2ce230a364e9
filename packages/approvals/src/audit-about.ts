import type { AuditEntry } from '@signalbox/contracts'

/** All that an entry is found by: its subject, its session and its actor. */
export function aboutOf({ subject, session_id, by }: AuditEntry): string[] {
  return [...new Set([subject, ...(session_id === null ? [] : [session_id]), by.id])]
}
