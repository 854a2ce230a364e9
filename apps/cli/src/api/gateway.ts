import {
  agentListSchema,
  deadLetterPageSchema,
  deadSessionDetailSchema,
  sessionChangedSchema,
  sessionViewSchema,
  type AgentReport,
  type DeadSession,
  type DeadSessionDetail,
  type RedriveRequest,
  type SessionChanged,
  type SessionStatus,
  type SessionView,
} from '@signalbox/contracts'
import { z } from 'zod'

import type { Connection } from '../connection.ts'
import { callGateway, type Answer } from './call-gateway.ts'
import { followEvents, type ReceivedEvent } from './follow-events.ts'

/** The part of the gateway's public API that these commands use. Everything throws `Failure`. */
export interface Gateway {
  sessions(wanted: { limit: number; status: SessionStatus | undefined }): Promise<Answer<SessionView[]>>
  session(id: string): Promise<Answer<SessionView>>
  /** To the session's end, over breaks in the line. */
  events(id: string, options: { after: number; onBreak: (why: string) => void }): AsyncIterable<ReceivedEvent>
  pause(id: string): Promise<Answer<SessionChanged>>
  resume(id: string): Promise<Answer<SessionChanged>>
  cancel(id: string): Promise<Answer<SessionView>>
  deadLetters(wanted: { limit: number }): Promise<Answer<{ sessions: DeadSession[]; total: number }>>
  deadLetter(id: string): Promise<Answer<DeadSessionDetail>>
  redrive(id: string, request: RedriveRequest): Promise<Answer<SessionChanged>>
  drop(id: string): Promise<Answer<SessionChanged>>
  agents(): Promise<Answer<AgentReport[]>>
}

/** What the API gives at once at most. */
const PAGE = 100

const sessionPageSchema = z.looseObject({ data: z.array(sessionViewSchema), next: z.string().nullable() })

export function openGateway(connection: Connection, signal: AbortSignal): Gateway {
  const ask = <Schema extends z.ZodType>(what: Omit<Parameters<typeof callGateway<Schema>>[1], 'signal'>): Promise<Answer<z.infer<Schema>>> =>
    callGateway(connection, { ...what, signal })
  const ofSession = (id: string, rest = ''): string => `/sessions/${encodeURIComponent(id)}${rest}`
  const ofLetter = (id: string, rest = ''): string => `/dead-letters/${encodeURIComponent(id)}${rest}`

  return {
    async sessions({ limit, status }) {
      const value: SessionView[] = []
      const data: unknown[] = []
      for (let after: string | undefined; ;) {
        const page = await ask({
          path: '/sessions',
          query: { limit: status === undefined ? Math.min(PAGE, limit - value.length) : PAGE, after },
          schema: sessionPageSchema,
        })
        const raw = rawItems(page.json)
        for (const [index, session] of page.value.data.entries()) {
          if (value.length === limit || (status !== undefined && session.status !== status)) continue
          value.push(session)
          data.push(raw[index])
        }
        after = page.value.next ?? undefined
        if (after === undefined || value.length >= limit) return { value, json: { object: 'list', data, has_more: after !== undefined } }
      }
    },
    session: (id) => ask({ path: ofSession(id), schema: sessionViewSchema }),
    events: (id, options) => followEvents(connection, id, { ...options, signal }),
    pause: (id) => ask({ method: 'POST', path: ofSession(id, '/pause'), schema: sessionChangedSchema }),
    resume: (id) => ask({ method: 'POST', path: ofSession(id, '/resume'), schema: sessionChangedSchema }),
    cancel: (id) => ask({ method: 'DELETE', path: ofSession(id), schema: sessionViewSchema }),
    async deadLetters({ limit }) {
      const sessions: DeadSession[] = []
      const data: unknown[] = []
      for (let cursor: string | undefined; ;) {
        const { value, json } = await ask({
          path: '/dead-letters',
          query: { limit: Math.min(PAGE, limit - sessions.length), cursor },
          schema: deadLetterPageSchema,
        })
        sessions.push(...value.data)
        data.push(...rawItems(json))
        cursor = value.next_cursor ?? undefined
        if (cursor === undefined || sessions.length >= limit)
          return { value: { sessions, total: value.total }, json: { object: 'list', data, total: value.total, has_more: cursor !== undefined } }
      }
    },
    deadLetter: (id) => ask({ path: ofLetter(id), schema: deadSessionDetailSchema }),
    redrive: (id, body) => ask({ method: 'POST', path: ofLetter(id, '/redrive'), body, schema: sessionChangedSchema }),
    drop: (id) => ask({ method: 'DELETE', path: ofLetter(id), schema: sessionChangedSchema }),
    async agents() {
      const { value, json } = await ask({ path: '/agents', schema: agentListSchema })
      return { value: value.data, json }
    },
  }
}

function rawItems(json: unknown): unknown[] {
  return (json as { data: unknown[] }).data
}
