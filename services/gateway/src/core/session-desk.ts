import type {
  AgentReport,
  DeadLetterPage,
  DeadLetterQuery,
  DeadSessionDetail,
  RedriveRequest,
  SessionBriefPage,
  SessionChanged,
  SessionDetail,
  SessionEventPage,
  SessionEventQuery,
  SessionInput,
  SessionsQuery,
} from '@signalbox/contracts'

import type { SessionCall } from './session-call.ts'

/**
 * The port to what can be done about sessions beyond beginning and following them. Throws `AppError`: what the
 * caller may not see, an expired or an unknown session is `not_found`; what its role does not allow is
 * `permission_denied`; what cannot be done as the session stands is a `conflict`.
 */
export interface SessionDesk {
  /** Everybody's for an actor, else the owner's own. */
  list(query: SessionsQuery, call: SessionCall): Promise<SessionBriefPage>
  find(id: string, call: SessionCall): Promise<SessionDetail>
  events(id: string, query: SessionEventQuery, call: SessionCall): Promise<SessionEventPage>
  /** Answers what an agent asks. @throws AppError `conflict` where nothing is asked any more. */
  answer(id: string, input: SessionInput, call: SessionCall): Promise<SessionChanged>
  cancel(id: string, call: SessionCall): Promise<SessionChanged>
  pause(id: string, call: SessionCall): Promise<SessionChanged>
  resume(id: string, call: SessionCall): Promise<SessionChanged>
}

/** The port to the agents that can be planned for. */
export interface AgentDesk {
  agents(call: SessionCall): Promise<AgentReport[]>
}

/** The port to what came to nothing and is kept. Throws as `SessionDesk` does. */
export interface DeadLetterDesk {
  deadLetters(query: DeadLetterQuery, call: SessionCall): Promise<DeadLetterPage>
  deadLetter(id: string, call: SessionCall): Promise<DeadSessionDetail>
  redrive(id: string, request: RedriveRequest, call: SessionCall): Promise<SessionChanged>
  drop(id: string, call: SessionCall): Promise<SessionChanged>
}
