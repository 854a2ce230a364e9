import { setTimeout as pause } from 'node:timers/promises'

import {
  createId,
  isSessionId,
  TERMINAL_EVENTS,
  TERMINAL_STATUSES,
  toSessionView,
  type AuditNote,
  type Budget,
  type DeadLetterPage,
  type DeadLetterQuery,
  type DeadSession,
  type DeadSessionDetail,
  type NewSessionEvent,
  type RedriveRequest,
  type SessionBriefPage,
  type SessionChanged,
  type SessionDetail,
  type SessionDocument,
  type SessionEvent,
  type SessionEventQuery,
  type SessionInput,
  type SessionsQuery,
} from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Doorbell, InboxMessage, Lease, SessionStore, StoredSession } from '@signalbox/sessions'

import { openQuestions } from '../core/approvals/asks.ts'
import type { Viewer } from '../core/approvals/ports.ts'
import { redriveSession } from '../core/redrive.ts'
import { touched } from '../core/session-run.ts'
import { toSessionBrief } from '../core/to-session-brief.ts'
import { createSessionAccess } from './session-access.ts'

/**
 * What can be done with sessions beside A2A's words. Owners have their own sessions, and others' are not found;
 * actors see everybody's, and operators change them, which is put down in the audit.
 */
export interface SessionManager {
  /** Newest first. Sub-plans' sessions are only in the list `of` the session that they work for, and found by their id. */
  list(query: SessionsQuery, viewer: Viewer): Promise<SessionBriefPage>
  get(id: string, viewer: Viewer): Promise<SessionDetail>
  /** Settles when the session has ended, or after some seconds; the cancel is not lost. @throws AppError `conflict` where it has ended otherwise. */
  cancel(id: string, viewer: Viewer): Promise<SessionChanged>
  /** Settles when the answer was read, or after some seconds. @throws AppError `conflict` where the question is not open any more, or none is. */
  input(id: string, viewer: Viewer, input: SessionInput): Promise<SessionChanged>
  /** Settles when the session has paused, or after some seconds, when work under way keeps it. @throws AppError `conflict` where it is over. */
  pause(id: string, viewer: Viewer): Promise<SessionChanged>
  resume(id: string, viewer: Viewer): Promise<SessionChanged>
  /** Waits for the first one where there are none, as long as the signal lets it. */
  events(id: string, viewer: Viewer, page: Omit<SessionEventQuery, 'wait_s'>, wait?: AbortSignal): Promise<{ events: SessionEvent[]; over: boolean }>
  deadLetters(viewer: Viewer, query: DeadLetterQuery): Promise<DeadLetterPage>
  deadLetter(id: string, viewer: Viewer): Promise<DeadSessionDetail>
  /** @throws AppError `conflict` for a session that is at work, or that somebody else is changing. */
  redrive(id: string, viewer: Viewer, request: RedriveRequest): Promise<SessionChanged>
  /** Lets go of the dead letters; the session is then forgotten like any other. */
  drop(id: string, viewer: Viewer): Promise<SessionChanged>
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
  /** Puts down what actors do: the ledger's. */
  note: (note: AuditNote) => Promise<unknown>
}): SessionManager {
  const { store, doorbell, holder } = options
  const access = createSessionAccess(store, options.note ?? (async () => undefined))

  function requireDead(stored: StoredSession): StoredSession {
    if (stored.document.dead_letters.length === 0) throw new AppError('not_found', `Session ${stored.document.id} has no dead letters.`)
    return stored
  }

  /** Tells whoever drives the session, and waits for what it says to that; the message is not lost when it says nothing. */
  async function tell({ id, last_seq: seen }: SessionDocument, message: InboxMessage, isHeard: (event: SessionEvent) => boolean): Promise<SessionDocument> {
    await store.push(id, message)
    await doorbell.ring(id)
    for await (const event of store.follow(id, seen, AbortSignal.timeout(CHANGE_WAIT_MS))) if (isHeard(event)) break
    const now = await store.load(id)
    if (!now) throw new AppError('not_found', `There is no session ${id}.`)
    return now.document
  }

  /** Who has just ended a session may hold it for a moment longer. */
  async function acquireSoon(id: string): Promise<Lease | undefined> {
    for (let waited = 0; ; waited += ACQUIRE_EVERY_MS) {
      const lease = await store.acquire(id, { holder, leaseMs: CHANGE_LEASE_MS })
      if (lease || waited >= ACQUIRE_WAIT_MS) return lease
      await pause(ACQUIRE_EVERY_MS)
    }
  }

  /** One change of a session that nobody drives, and that nobody has changed since it was `seen`. `before` is done when nothing stands in its way any more. */
  async function change(
    seen: StoredSession,
    how: (document: SessionDocument) => { document: SessionDocument; events: NewSessionEvent[] },
    before: () => Promise<void>,
  ): Promise<SessionChanged> {
    const { id } = seen.document
    const lease = await acquireSoon(id)
    if (!lease) throw new AppError('conflict', `Session ${id} is being driven or changed by somebody else.`)
    try {
      const stored = await store.load(id)
      if (!stored) throw new AppError('not_found', `There is no session ${id}.`)
      if (stored.rev !== seen.rev) throw new AppError('conflict', `Session ${id} was changed by somebody else meanwhile.`)
      const changed = how(stored.document)
      // What was said to the session before it ended is not meant for its next life.
      const consumed = (await store.inbox(id)).at(-1)?.position ?? 0
      await before()
      const saved = await store.save(lease, { rev: stored.rev, consumed, ...changed })
      return toChanged(saved.document)
    } finally {
      await store.release(lease).catch(() => undefined)
    }
  }

  return {
    async list({ status, owner, q, of, limit, cursor }, viewer) {
      const whose = viewer.actor ? owner : viewer.owner
      if (!viewer.actor && owner !== undefined && owner !== viewer.owner) return { object: 'list', data: [], total: 0, next_cursor: null }
      const page = await store.list({
        limit,
        ...(whose !== undefined && { owner: whose }),
        ...(status && { statuses: status }),
        ...(q !== undefined && { text: q }),
        ...(of === undefined ? { roots: q === undefined || !isSessionId(q) } : { of }),
        ...(cursor !== undefined && { cursor }),
      })
      return { object: 'list', data: page.sessions.map(toSessionBrief), total: page.total, next_cursor: page.nextCursor ?? null }
    },
    async get(id, viewer) {
      const { document } = await access.see(id, viewer)
      const { owner, conversation, traceparent } = document
      return { session: toSessionView(document), owner, conversation, traceparent: traceparent ?? null }
    },
    async cancel(id, viewer) {
      const { document } = await access.change(id, viewer)
      if (document.status === 'canceled') return toChanged(document)
      requireUnfinished(document)
      await access.note('session.canceled', document, viewer)
      const reason = viewer.actor ? `The session was canceled by ${viewer.actor.name}.` : 'The session was canceled by its owner.'
      return toChanged(await tell(document, { type: 'cancel', reason }, ({ type }) => TERMINAL_EVENTS.has(type)))
    },
    async input(id, viewer, { text, question, key = createId('msg') }) {
      const { document } = await access.change(id, viewer)
      if (Object.values(document.questions).some(({ answer }) => answer?.key === key)) return toChanged(document)
      const open = openQuestions(document)
      const asked = question === undefined ? open[0] : open.find((one) => one.id === question)
      if (!asked || TERMINAL_STATUSES.has(document.status))
        throw new AppError('conflict', question === undefined ? `Session ${id} asks nothing.` : `Session ${id} does not ask this any more.`)
      await access.note('session.answered', document, viewer, { question: asked.id, agent: asked.agent })
      const now = await tell(
        document,
        { type: 'answer', text, key, question: asked.id },
        (event) => event.type === 'input.received' && event.question === asked.id,
      )
      const { answer = null } = now.questions[asked.id] ?? {}
      if (answer !== null && answer.key !== key) throw new AppError('conflict', 'Somebody else has answered it.')
      return toChanged(now)
    },
    async pause(id, viewer) {
      const { document } = await access.change(id, viewer)
      requireUnfinished(document)
      if (document.status === 'paused') return toChanged(document)
      await access.note('session.paused', document, viewer)
      return toChanged(await tell(document, { type: 'pause' }, ({ type }) => type === 'session.paused' || TERMINAL_EVENTS.has(type)))
    },
    async resume(id, viewer) {
      const { document } = await access.change(id, viewer)
      requireUnfinished(document)
      if (document.status !== 'paused' && document.paused_at === null) return toChanged(document)
      await access.note('session.resumed', document, viewer)
      return toChanged(await tell(document, { type: 'resume' }, ({ type }) => type === 'session.unpaused' || TERMINAL_EVENTS.has(type)))
    },
    async events(id, viewer, { after, limit }, wait) {
      const { document } = await access.see(id, viewer)
      const isOver = (last: number): boolean => TERMINAL_STATUSES.has(document.status) && last >= document.last_seq
      let events = await store.events(id, after, limit)
      if (events.length === 0 && wait && !wait.aborted && !isOver(after)) {
        for await (const _event of store.follow(id, after, wait)) break
        // Whether it has ended meanwhile is for the next look to say: what is said here must not leave any event out.
        events = await store.events(id, after, limit)
      }
      return { events, over: isOver(events.at(-1)?.seq ?? after) }
    },
    async deadLetters({ owner, actor }, { limit, cursor }) {
      const page = await store.list({ ...(!actor && { owner }), dead: true, limit, ...(cursor !== undefined && { cursor }) })
      return { object: 'list', data: page.sessions.map(toDeadSession), total: page.total, next_cursor: page.nextCursor ?? null }
    },
    async deadLetter(id, viewer) {
      const { document } = requireDead(await access.see(id, viewer))
      return { ...toDeadSession(document), session: toSessionView(document), conversation: document.conversation }
    },
    async redrive(id, viewer, request) {
      const seen = await access.change(id, viewer)
      if (request.agent !== undefined && !options.knowsAgent(request.agent))
        throw new AppError('invalid_request', `There is no agent '${request.agent}'.`, { param: 'agent' })
      if (seen.document.finished_at === null) throw new AppError('conflict', `Session ${id} is at work.`)
      requireDead(seen)
      const { node, agent } = request
      const facts = { ...(node !== undefined && { node }), ...(agent !== undefined && { agent }), instruction_changed: request.instruction !== undefined }
      const changed = await change(
        seen,
        (document) => redriveSession(document, request, options.budget),
        () => access.note('session.redriven', seen.document, viewer, facts),
      )
      await doorbell.ring(id)
      return changed
    },
    async drop(id, viewer) {
      const seen = requireDead(await access.change(id, viewer))
      return change(
        seen,
        (document) => ({ document: touched({ ...document, dead_letters: [] }), events: [] }),
        () => access.note('session.dropped', seen.document, viewer),
      )
    },
  }
}

/** @throws AppError `conflict`. */
function requireUnfinished({ id, status }: SessionDocument): void {
  if (TERMINAL_STATUSES.has(status)) throw new AppError('conflict', `Session ${id} has ended (${status}).`)
}

function toChanged({ id, status }: SessionDocument): SessionChanged {
  return { session_id: id, status }
}

function toDeadSession({ id, status, goal, dead_letters: letters, created_at, updated_at }: SessionDocument): DeadSession {
  return { session_id: id, status, goal, letters, created_at, updated_at }
}
