import { isSessionId, mayActAs, type AuditKind, type AuditNote, type SessionDocument } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { SessionStore, StoredSession } from '@signalbox/sessions'

import type { Viewer } from '../core/approvals/ports.ts'
import { byOf } from './approvals/index.ts'

/** Whose sessions somebody may look at and change. Owners have their own; actors see everybody's, and operators change them. */
export interface SessionAccess {
  /** @throws AppError `not_found`, also for what the viewer may not see. */
  see(id: string, viewer: Viewer): Promise<StoredSession>
  /** @throws AppError `not_found`, `permission_denied`. */
  change(id: string, viewer: Viewer): Promise<StoredSession>
  /** Puts down what an actor does. What an owner does with their own sessions is not put down. */
  note(kind: AuditKind, document: SessionDocument, viewer: Viewer, facts?: AuditNote['facts']): Promise<void>
}

export function createSessionAccess(store: Pick<SessionStore, 'load'>, note: (note: AuditNote) => Promise<unknown>): SessionAccess {
  async function see(id: string, { owner, actor }: Viewer): Promise<StoredSession> {
    const stored = isSessionId(id) ? await store.load(id) : undefined
    if (!stored || (!actor && stored.document.owner !== owner)) throw new AppError('not_found', `There is no session ${id.slice(0, 64)}.`)
    return stored
  }

  return {
    see,
    async change(id, viewer) {
      const stored = await see(id, viewer)
      const { owner, actor } = viewer
      if (stored.document.owner !== owner && !(actor && mayActAs(actor.role, 'operator')))
        throw new AppError('permission_denied', 'What is done to the sessions of others takes the role operator.')
      return stored
    },
    async note(kind, { id, owner }, { actor }, facts = {}) {
      if (!actor) return
      await note({ kind, at: new Date().toISOString(), by: byOf(actor), subject: id, session_id: id, facts: { owner, ...facts } })
    },
  }
}
