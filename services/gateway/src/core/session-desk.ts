import type {
  AgentReport,
  DeadLetterPage,
  DeadLetterQuery,
  DeadSessionDetail,
  RedriveRequest,
  SessionChanged,
  SessionEventPage,
  SessionEventQuery,
} from '@signalbox/contracts'

import type { SessionCall } from './orchestrator.ts'

/**
 * The port to what can be done about sessions beyond beginning and following them. Throws `AppError`:
 * a foreign, expired or unknown session is `not_found`; what cannot be done as the session stands is a `conflict`.
 */
export interface SessionDesk {
  agents(call: SessionCall): Promise<AgentReport[]>
  events(id: string, query: SessionEventQuery, call: SessionCall): Promise<SessionEventPage>
  pause(id: string, call: SessionCall): Promise<SessionChanged>
  resume(id: string, call: SessionCall): Promise<SessionChanged>
  deadLetters(query: DeadLetterQuery, call: SessionCall): Promise<DeadLetterPage>
  deadLetter(id: string, call: SessionCall): Promise<DeadSessionDetail>
  redrive(id: string, request: RedriveRequest, call: SessionCall): Promise<SessionChanged>
  drop(id: string, call: SessionCall): Promise<SessionChanged>
}
