import { setTimeout as pause } from 'node:timers/promises'

import {
  isSessionId,
  TERMINAL_STATUSES,
  toSessionView,
  type Budget,
  type DeadLetterPage,
  type DeadLetterQuery,
  type DeadSession,
  type DeadSessionDetail,
  type NewSessionEvent,
  type RedriveRequest,
  type SessionChanged,
  type SessionDocument,
  type SessionEvent,
} from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Doorbell, Lease, SessionStore, StoredSession } from '@signalbox/sessions'

import { redriveSession } from '../core/redrive.ts'
import { touched } from '../core/session-run.ts'

/** What can be done with sessions beside A2A's words: paused and resumed, and taken out of the dead letters. Others' sessions are not found. */
export interface SessionManager {
  /** Settles when the session has paused, or after some seconds, when work under way keeps it. @throws AppError `conflict` where it is over. */
  pause(id: string, owner: string): Promise<SessionChanged>
  resume(id: string, owner: string): Promise<SessionChanged>
  events(id: string, owner: string, page: { after: number; limit: number }): Promise<{ events: SessionEvent[]; over: boolean }>
  deadLetters(owner: string, query: DeadLetterQuery): Promise<DeadLetterPage>
  deadLetter(id: string, owner: string): Promise<DeadSessionDetail>
  /** @throws AppError `conflict` for a session that is at work, or that somebody else is changing. */
  redrive(id: string, owner: string, request: RedriveRequest): Promise<SessionChanged>
  /** Lets go of the dead letters; the session is then forgotten like any other. */
  drop(id: string, owner: string): Promise<SessionChanged>
}

const CHANGE_WAIT_MS = 5_000
/** A change under the lease takes milliseconds; one whose maker died keeps others out no longer than this. */
const CHANGE_LEASE_MS = 5_000
const ACQUIRE_EVERY_MS = 25
const ACQUIRE_WAIT_MS = 1_000

export function createSessionManager(options: {
  store: SessionStore
  doorbell: Pick<Doorbell, 'ring'>
  holder: string
  budget: Budget
  knowsAgent: (id: string) => boolean
}): SessionManager {
  const { store, doorbell, holder } = options

  async function find(id: string, owner: string): Promise<StoredSession> {
    const stored = isSessionId(id) ? await store.load(id) : undefined
    if (!stored || stored.document.owner !== owner) throw new AppError('not_found', `There is no session ${id.slice(0, 64)}.`)
    return stored
  }

  async function findDead(id: string, owner: string): Promise<StoredSession> {
    const stored = await find(id, owner)
    if (stored.document.dead_letters.length === 0) throw new AppError('not_found', `Session ${id} has no dead letters.`)
    return stored
  }

  /** Tells whoever drives the session, and waits for the change to show. */
  async function tell(id: string, owner: string, type: 'pause' | 'resume'): Promise<SessionChanged> {
    const { document } = await find(id, owner)
    const wanted = type === 'pause' ? 'paused' : 'active'
    if (TERMINAL_STATUSES.has(document.status)) throw new AppError('conflict', `Session ${id} has ended (${document.status}).`)
    if (document.status === wanted) return toChanged(document)
    await store.push(id, { type })
    await doorbell.ring(id)
    const patience = AbortSignal.timeout(CHANGE_WAIT_MS)
    for await (const event of store.follow(id, document.last_seq, patience))
      if (event.type === (type === 'pause' ? 'session.paused' : 'session.unpaused')) break
    return toChanged((await find(id, owner)).document)
  }

  /** Who has just ended a session may hold it for a moment longer. */
  async function acquireSoon(id: string): Promise<Lease | undefined> {
    for (let waited = 0; ; waited += ACQUIRE_EVERY_MS) {
      const lease = await store.acquire(id, { holder, leaseMs: CHANGE_LEASE_MS })
      if (lease || waited >= ACQUIRE_WAIT_MS) return lease
      await pause(ACQUIRE_EVERY_MS)
    }
  }

  /** One change of a session that nobody drives, and that nobody has changed since it was `seen`. */
  async function change(
    seen: StoredSession,
    how: (document: SessionDocument) => { document: SessionDocument; events: NewSessionEvent[] },
  ): Promise<SessionChanged> {
    const { id } = seen.document
    const lease = await acquireSoon(id)
    if (!lease) throw new AppError('conflict', `Session ${id} is being driven or changed by somebody else.`)
    try {
      const stored = await store.load(id)
      if (!stored) throw new AppError('not_found', `There is no session ${id}.`)
      if (stored.rev !== seen.rev) throw new AppError('conflict', `Session ${id} was changed by somebody else meanwhile.`)
      // What was said to the session before it ended is not meant for its next life.
      const consumed = (await store.inbox(id)).at(-1)?.position ?? 0
      const saved = await store.save(lease, { rev: stored.rev, consumed, ...how(stored.document) })
      return toChanged(saved.document)
    } finally {
      await store.release(lease).catch(() => undefined)
    }
  }

  return {
    pause: (id, owner) => tell(id, owner, 'pause'),
    resume: (id, owner) => tell(id, owner, 'resume'),
    async events(id, owner, { after, limit }) {
      const { document } = await find(id, owner)
      const events = await store.events(id, after, limit)
      const last = events.at(-1)?.seq ?? after
      return { events, over: TERMINAL_STATUSES.has(document.status) && last >= document.last_seq }
    },
    async deadLetters(owner, { limit, cursor }) {
      const page = await store.list({ owner, dead: true, limit, ...(cursor !== undefined && { cursor }) })
      return { object: 'list', data: page.sessions.map(toDeadSession), total: page.total, next_cursor: page.nextCursor ?? null }
    },
    async deadLetter(id, owner) {
      const { document } = await findDead(id, owner)
      return { ...toDeadSession(document), session: toSessionView(document), conversation: document.conversation }
    },
    async redrive(id, owner, request) {
      const seen = await find(id, owner)
      if (request.agent !== undefined && !options.knowsAgent(request.agent))
        throw new AppError('invalid_request', `There is no agent '${request.agent}'.`, { param: 'agent' })
      if (seen.document.finished_at === null) throw new AppError('conflict', `Session ${id} is at work.`)
      if (seen.document.dead_letters.length === 0) throw new AppError('not_found', `Session ${id} has no dead letters.`)
      const changed = await change(seen, (document) => redriveSession(document, request, options.budget))
      await doorbell.ring(id)
      return changed
    },
    async drop(id, owner) {
      const seen = await findDead(id, owner)
      return change(seen, (document) => ({ document: touched({ ...document, dead_letters: [] }), events: [] }))
    },
  }
}

function toChanged({ id, status }: SessionDocument): SessionChanged {
  return { session_id: id, status }
}

function toDeadSession({ id, status, goal, dead_letters: letters, created_at, updated_at }: SessionDocument): DeadSession {
  return { session_id: id, status, goal, letters, created_at, updated_at }
}
