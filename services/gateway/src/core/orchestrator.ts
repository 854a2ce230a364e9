import type { AskedRequest, Conversation, SessionEvent, SessionView } from '@signalbox/contracts'

import type { SessionCall } from './session-call.ts'

/** What is heard of a session: how it stands (first, and again after every break in the line), then what it does. */
export type SessionNews =
  | { type: 'snapshot'; session: SessionView; answerSoFar: string }
  | { type: 'event'; event: SessionEvent }
  /** Text of the answer that came without its event, after a break in the line. */
  | { type: 'answer'; offset: number; text: string }
  /** The task came to an end and said nothing more about it. */
  | { type: 'ended'; status: 'completed' | 'failed' | 'canceled'; message: string }

/** Seconds, tokens of model calls, US dollars. */
export type SessionBudget = { deadline_s?: number; tokens?: number; usd?: number }

export interface NewSession {
  /** The last user message. */
  question: string
  conversation: Conversation
  /** The same key again is answered with the session that it began. */
  idempotencyKey?: string
  /** What the caller sent, and whether its client has sent it before. */
  request?: AskedRequest
  /** What it may spend. */
  budget?: SessionBudget
}

export interface SessionPage {
  sessions: SessionView[]
  /** Empty at the end. */
  next: string
}

/** The port to the orchestrator by A2A: the owner's own sessions, whoever acts. Throws `AppError`; a foreign or unknown session is `not_found`. */
export interface Orchestrator {
  begin(session: NewSession, call: SessionCall): AsyncIterable<SessionNews>
  /**
   * The session as it is, then its events: all from the first, or those after the one numbered `after`.
   *
   * @throws AppError `conflict` for a session that has ended; with `after` it may tell the rest instead.
   */
  attach(id: string, call: SessionCall, after?: number): AsyncIterable<SessionNews>
  find(id: string, call: SessionCall): Promise<SessionView>
  list(query: { limit: number; after?: string }, call: SessionCall): Promise<SessionPage>
  /** Cancels a session that runs. @throws AppError `conflict` for one that ended otherwise. */
  cancel(id: string, call: SessionCall): Promise<SessionView>
  /** One word for how it is. */
  health(signal: AbortSignal): Promise<string>
}
