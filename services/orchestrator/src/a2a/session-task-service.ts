import { dataOf, textOf, type Caller, type Message, type SendRequest, type StreamEvent, type Task, type TaskService, type TaskState } from '@signalbox/a2a'
import {
  conversationPartSchema,
  createId,
  isSessionId,
  TERMINAL_EVENTS,
  TERMINAL_STATUSES,
  UNDRIVEN,
  type AskedRequest,
  type Budget,
  type Conversation,
  type SessionDocument,
  type SessionStatus,
} from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Doorbell, SessionStore, StoredSession } from '@signalbox/sessions'
import { traceHeaders } from '@signalbox/telemetry'

import { withinBudget } from '../core/budget.ts'
import { sessionIdFor } from '../core/session-id.ts'
import { readLineage } from './lineage.ts'
import { toStreamEvent, toTask } from './session-translation.ts'

export interface SessionTaskServiceOptions {
  store: SessionStore
  doorbell: Pick<Doorbell, 'ring'>
  /** Largest conversation taken, characters. */
  maxConversationChars: number
  /** What a session may spend where its caller says nothing, and at most. */
  budget: Budget
  /** Takes a message to a session that waits: people's decisions and answers. @throws AppError where it waits for nothing of the kind. */
  say: (document: SessionDocument, message: Message, caller: Caller) => Promise<boolean>
  /** False once the service is stopping. */
  accepting: () => boolean
}

const STATUSES: Partial<Record<TaskState, SessionStatus[]>> = {
  'working': ['active', 'paused'],
  'auth-required': ['waiting_approval'],
  'input-required': ['waiting_input'],
  'completed': ['completed'],
  'failed': ['failed', 'expired'],
  'canceled': ['canceled'],
}

/** The orchestrator's tasks, which are its sessions: kept in the store, driven by whoever answers the doorbell, followed by anybody who may. */
export function createSessionTaskService(options: SessionTaskServiceOptions): TaskService {
  const { store, doorbell } = options

  async function begin(request: SendRequest, caller: Caller): Promise<SessionDocument> {
    if (!options.accepting()) throw new AppError('unavailable', 'The orchestrator is stopping.', { retryable: true, retryAfterMs: 2_000 })
    const { conversation, budget, asked } = readConversation(request.message, options.maxConversationChars)
    const lineage = await readLineage(request.message.metadata, store)
    const document = newSession(caller, {
      conversation,
      budget: withinBudget(budget, options.budget),
      lineage,
      ...(asked && { request_sha256: asked.sha256 }),
    })
    const existing = (await findRepeated(document, caller)) ?? (asked?.again === true ? await findFirstTry(document) : undefined)
    if (existing) return existing
    try {
      await store.create(document, [{ type: 'session.created', at: document.created_at }])
    } catch (error) {
      // Two requests under one key raced, and the other was first.
      const other = error instanceof AppError && error.code === 'conflict' ? await findRepeated(document, caller) : undefined
      if (!other) throw error
      return other
    }
    await doorbell.ring(document.id)
    return document
  }

  async function findRepeated(document: SessionDocument, caller: Caller): Promise<SessionDocument | undefined> {
    if (caller.idempotencyKey === undefined) return undefined
    const existing = await store.load(document.id)
    if (!existing) return undefined
    if (!isSameRequest(existing.document, document)) {
      throw new AppError('idempotency_mismatch', 'The idempotency key was used for another request.', { param: 'Idempotency-Key' })
    }
    return existing.document
  }

  /** What a client tries again it began a moment ago, perhaps by another gateway, or by one that has been restarted since. */
  async function findFirstTry({ owner, request_sha256: request }: SessionDocument): Promise<SessionDocument | undefined> {
    const { sessions } = await store.list({ owner, limit: LATEST })
    const since = Date.now() - RETRIED_WITHIN_MS
    return sessions.find((session) => session.request_sha256 === request && Date.parse(session.created_at) > since)
  }

  async function find(id: string, caller: Caller): Promise<StoredSession> {
    const stored = isSessionId(id) ? await store.load(id) : undefined
    if (!stored || stored.document.owner !== caller.owner) throw new AppError('not_found', `There is no session ${id.slice(0, 64)}.`)
    return stored
  }

  /** A message that begins a session, or one that continues it; and after which event its stream begins. */
  async function take(request: SendRequest, caller: Caller): Promise<{ document: SessionDocument; after: number; goesOn: boolean }> {
    const id = request.message.taskId
    if (id === undefined) {
      const document = await begin(request, caller)
      return { document, after: 0, goesOn: true }
    }
    const { document } = await find(id, caller)
    if (TERMINAL_STATUSES.has(document.status)) throw new AppError('conflict', `Session ${id} has ended (${document.status}) and takes no more messages.`)
    const goesOn = await options.say(document, request.message, caller)
    return { document, after: document.last_seq, goesOn }
  }

  /** It waits as it did: for who said something, that is news. */
  function* tellInterruption(document: SessionDocument, after: number): Generator<StreamEvent> {
    const task = toTask(document, { artifacts: true })
    yield { type: 'task', task, seq: after }
    yield { type: 'status', taskId: document.id, contextId: document.id, status: task.status, metadata: task.metadata ?? {} }
  }

  async function isInterrupted(id: string): Promise<boolean> {
    return (await store.load(id))?.document.waiting_at != null
  }

  /**
   * The session now, and its events after `after`. An end that was taken back since, because the session was
   * redriven, is left out: on this wire it would be the end.
   */
  async function* follow(document: SessionDocument, after: number, signal: AbortSignal): AsyncGenerator<StreamEvent> {
    yield { type: 'task', task: toTask(document, { artifacts: true }), seq: after }
    for await (const event of store.follow(document.id, after, signal)) {
      const isTakenBack = TERMINAL_EVENTS.has(event.type) && event.seq < document.last_seq
      if (isTakenBack) continue
      if (event.type !== 'session.waiting') {
        yield toStreamEvent(document.id, event)
        continue
      }
      const now = (await store.load(document.id))?.document
      // A wait that is over is history.
      const isOver = now?.waiting_at == null
      yield toStreamEvent(document.id, event, isOver ? undefined : now)
      if (isOver) continue
      // A question is answered by a message, which has its own stream.
      if (event.for === 'input') return
    }
  }

  return {
    async send(request, caller, signal) {
      const { document, after, goesOn } = await take(request, caller)
      if (goesOn && !request.returnImmediately && !TERMINAL_STATUSES.has(document.status)) {
        for await (const event of store.follow(document.id, after, signal)) if (event.type === 'session.waiting' && (await isInterrupted(document.id))) break
      }
      const { document: now } = await find(document.id, caller)
      return toTask(now, { artifacts: true })
    },
    async *stream(request, caller, signal) {
      const { document, after, goesOn } = await take(request, caller)
      if (TERMINAL_STATUSES.has(document.status)) return yield { type: 'task', task: toTask(document, { artifacts: true }) }
      if (!goesOn) return yield* tellInterruption(document, after)
      yield* follow(document, after, signal)
    },
    async *subscribe(id, caller, signal, { after } = {}) {
      const { document } = await find(id, caller)
      if (after !== undefined) return yield* follow(document, Math.min(after, document.last_seq), signal)
      if (TERMINAL_STATUSES.has(document.status)) throw new AppError('conflict', `Session ${id} has ended (${document.status}); ask for it instead.`)
      // From the beginning: a subscriber wants to see the plan and the answer's text so far, and events say which are which.
      yield* follow(document, 0, signal)
    },
    async get(id, caller) {
      const { document } = await find(id, caller)
      return toTask(document, { artifacts: true })
    },
    async list(query, caller) {
      const statuses = query.state === undefined ? undefined : (STATUSES[query.state] ?? [])
      if (statuses?.length === 0) return { tasks: [], nextPageToken: '', pageSize: query.pageSize, totalSize: 0 }
      const page = await store.list({
        owner: caller.owner,
        limit: query.pageSize,
        ...(statuses && { statuses }),
        ...(query.pageToken && { cursor: query.pageToken }),
      })
      return {
        tasks: page.sessions.map((document) => toTask(document, { artifacts: query.includeArtifacts })),
        nextPageToken: page.nextCursor ?? '',
        pageSize: query.pageSize,
        totalSize: page.total,
      }
    },
    async cancel(id, caller): Promise<Task> {
      const { document } = await find(id, caller)
      if (document.status === 'canceled') return toTask(document, { artifacts: true })
      if (TERMINAL_STATUSES.has(document.status)) throw new AppError('conflict', `Session ${id} has ended (${document.status}) and cannot be canceled.`)
      await store.push(id, { type: 'cancel', reason: 'The session was canceled by its owner.' })
      await doorbell.ring(id)
      for await (const _event of store.follow(id, document.last_seq, AbortSignal.timeout(CANCEL_WAIT_MS)));
      const { document: now } = await find(id, caller)
      return toTask(now, { artifacts: true })
    },
  }
}

/** Among so many of an owner's latest sessions, and so far back, the first try of a request is looked for. */
const LATEST = 50
const RETRIED_WITHIN_MS = 15 * 60_000

/** How long a cancel waits to see the session end; the cancel itself is kept, and is not lost when this passes. */
const CANCEL_WAIT_MS = 5_000

function isSameRequest(known: SessionDocument, given: SessionDocument): boolean {
  if (known.request_sha256 !== undefined && given.request_sha256 !== undefined) return known.request_sha256 === given.request_sha256
  return JSON.stringify(known.conversation) === JSON.stringify(given.conversation)
}

function newSession(caller: Caller, asked: { conversation: Conversation; budget: Budget; lineage: string[]; request_sha256?: string }): SessionDocument {
  const { conversation } = asked
  const now = new Date().toISOString()
  const { traceparent } = traceHeaders()
  const goal = conversation.findLast(({ role }) => role === 'user')?.text ?? ''
  return {
    ...UNDRIVEN,
    schema: 1,
    id: caller.idempotencyKey === undefined ? createId('ses') : sessionIdFor([caller.owner, caller.idempotencyKey]),
    owner: caller.owner,
    goal: goal.slice(0, 20_000),
    ...asked,
    request_id: caller.requestId ?? createId('req'),
    ...(traceparent !== undefined && { traceparent }),
    created_at: now,
    updated_at: now,
  }
}

function readConversation(message: Message, maxChars: number): { conversation: Conversation; budget: Budget; asked: AskedRequest | undefined } {
  const part = dataOf(message.parts)
    .map((data) => conversationPartSchema.safeParse(data))
    .find(({ success }) => success)?.data
  const text = textOf(message.parts).trim()
  const conversation = part?.conversation ?? (text === '' ? [] : [{ role: 'user' as const, text }])
  if (!conversation.some((turn) => turn.role === 'user' && turn.text.trim() !== ''))
    throw new AppError('invalid_request', 'The message holds no question: send text, or a conversation with a user turn.', { param: 'message.parts' })
  const size = conversation.reduce((sum, turn) => sum + turn.text.length, 0)
  if (size > maxChars) throw new AppError('payload_too_large', `The conversation is longer than ${maxChars} characters.`, { param: 'message.parts' })
  return { conversation, budget: part?.budget ?? {}, asked: part?.request }
}
