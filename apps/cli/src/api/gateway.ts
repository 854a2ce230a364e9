import {
  agentListSchema,
  approvalDetailSchema,
  approvalPageSchema,
  approvalSchema,
  auditPageSchema,
  auditVerdictSchema,
  deadLetterPageSchema,
  deadSessionDetailSchema,
  routeExplanationSchema,
  sessionBriefPageSchema,
  sessionChangedSchema,
  sessionDetailSchema,
  sessionViewSchema,
  type AgentReport,
  type Approval,
  type ApprovalDetail,
  type ApprovalPage,
  type ApprovalQuery,
  type AuditEntry,
  type AuditPage,
  type AuditVerdict,
  type DeadSession,
  type DeadSessionDetail,
  type RedriveRequest,
  type RouteExplanation,
  type SessionBrief,
  type SessionChanged,
  type SessionStatus,
  type SessionInput,
  type SessionView,
} from '@signalbox/contracts'
import { z } from 'zod'

import type { Connection } from '../connection.ts'
import { callGateway, type Answer } from './call-gateway.ts'
import { collect, PAGE, rawItems } from './collect.ts'
import { followEvents, type ReceivedEvent } from './follow-events.ts'

/** The part of the gateway's public API that these commands use. Everything throws `Failure`. */
export interface Gateway {
  sessions(wanted: { limit: number; status: SessionStatus | undefined }): Promise<Answer<SessionView[]>>
  /** Everybody's, with an operator's key. */
  allSessions(wanted: SessionFilter & { limit: number }): Promise<Answer<{ sessions: SessionBrief[]; total: number }>>
  /** With an operator's key, whoever's it is; `owner` is known only then. */
  session(id: string): Promise<Answer<{ view: SessionView; owner: string | undefined }>>
  /** To the session's end, over breaks in the line. */
  events(id: string, options: { after: number; onBreak: (why: string) => void }): AsyncIterable<ReceivedEvent>
  pause(id: string): Promise<Answer<SessionChanged>>
  resume(id: string): Promise<Answer<SessionChanged>>
  cancel(id: string): Promise<Answer<SessionChanged>>
  answer(id: string, input: SessionInput): Promise<Answer<SessionChanged>>
  deadLetters(wanted: { limit: number }): Promise<Answer<{ sessions: DeadSession[]; total: number }>>
  deadLetter(id: string): Promise<Answer<DeadSessionDetail>>
  redrive(id: string, request: RedriveRequest): Promise<Answer<SessionChanged>>
  drop(id: string): Promise<Answer<SessionChanged>>
  agents(): Promise<Answer<AgentReport[]>>
  /** Which way a question would go. Runs nothing. */
  explainRoute(asked: { question: string; model: string; withPlan: boolean }): Promise<Answer<RouteExplanation>>
  approvals(wanted: ApprovalFilter & { limit: number }): Promise<Answer<Pick<ApprovalPage, 'data' | 'total' | 'pending'>>>
  approval(id: string): Promise<Answer<ApprovalDetail>>
  /** @throws ConflictFailure where the approval is not of that version any more. */
  decide(id: string, version: number, decision: Decided): Promise<Answer<Approval>>
  /** Gives it more time. */
  extend(id: string, version: number, seconds: number): Promise<Answer<Approval>>
  audit(wanted: AuditFilter & { limit: number }): Promise<Answer<Pick<AuditPage, 'data' | 'total'>>>
  verifyAudit(): Promise<Answer<AuditVerdict>>
  /** The whole record, newest first. */
  wholeAudit(): AsyncIterable<AuditEntry>
}

export type SessionFilter = Partial<Record<'status' | 'owner' | 'q', string>>
export type ApprovalFilter = Partial<Pick<ApprovalQuery, 'status' | 'session_id' | 'agent' | 'risk' | 'q'>>
export type AuditFilter = Partial<Record<'kind' | 'about', string>>

/** A decision as it is sent; `args_sha256` is of the bytes that were looked at. */
export interface Decided {
  decision: 'approve' | 'edit' | 'reject'
  args_sha256: string
  reason?: string
  edited_args?: Approval['action']['args']
}

const sessionPageSchema = z.looseObject({ data: z.array(sessionViewSchema), next: z.string().nullable() })

export function openGateway(connection: Connection, signal: AbortSignal): Gateway {
  const ask = <Schema extends z.ZodType>(what: Omit<Parameters<typeof callGateway<Schema>>[1], 'signal'>): Promise<Answer<z.infer<Schema>>> =>
    callGateway(connection, { ...what, signal })
  const ofSession = (id: string, rest = ''): string => `/sessions/${encodeURIComponent(id)}${rest}`
  const ofApproval = (id: string, rest = ''): string => `/approvals/${encodeURIComponent(id)}${rest}`
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
    async allSessions({ limit, ...filter }) {
      const { items, last, json } = await collect(limit, (query) => ask({ path: '/sessions', query: { ...filter, ...query }, schema: sessionBriefPageSchema }))
      return { value: { sessions: items, total: last.total }, json }
    },
    async session(id) {
      if (!connection.isOperator) {
        const { value, json } = await ask({ path: ofSession(id), schema: sessionViewSchema })
        return { value: { view: value, owner: undefined }, json }
      }
      const { value, json } = await ask({ path: ofSession(id), schema: sessionDetailSchema })
      return { value: { view: value.session, owner: value.owner }, json }
    },
    events: (id, options) => followEvents(connection, id, { ...options, signal }),
    pause: (id) => ask({ method: 'POST', path: ofSession(id, '/pause'), schema: sessionChangedSchema }),
    resume: (id) => ask({ method: 'POST', path: ofSession(id, '/resume'), schema: sessionChangedSchema }),
    async cancel(id) {
      if (connection.isOperator) return ask({ method: 'POST', path: ofSession(id, '/cancel'), schema: sessionChangedSchema })
      const { value, json } = await ask({ method: 'DELETE', path: ofSession(id), schema: sessionViewSchema })
      return { value: { session_id: value.id, status: value.status }, json }
    },
    answer: (id, body) => ask({ method: 'POST', path: ofSession(id, '/input'), body, schema: sessionChangedSchema }),
    async deadLetters({ limit }) {
      const { items, last, json } = await collect(limit, (query) => ask({ path: '/dead-letters', query, schema: deadLetterPageSchema }))
      return { value: { sessions: items, total: last.total }, json }
    },
    deadLetter: (id) => ask({ path: ofLetter(id), schema: deadSessionDetailSchema }),
    redrive: (id, body) => ask({ method: 'POST', path: ofLetter(id, '/redrive'), body, schema: sessionChangedSchema }),
    drop: (id) => ask({ method: 'DELETE', path: ofLetter(id), schema: sessionChangedSchema }),
    async agents() {
      const { value, json } = await ask({ path: '/agents', schema: agentListSchema })
      return { value: value.data, json }
    },
    explainRoute: ({ question, model, withPlan }) =>
      ask({
        method: 'POST',
        path: '/route',
        query: { plan: withPlan ? undefined : 'false' },
        body: { model, messages: [{ role: 'user', content: question }] },
        schema: routeExplanationSchema,
      }),
    async approvals({ limit, ...filter }) {
      const { items, last, json } = await collect(limit, (query) => ask({ path: '/approvals', query: { ...filter, ...query }, schema: approvalPageSchema }))
      return { value: { data: items, total: last.total, pending: last.pending }, json }
    },
    approval: (id) => ask({ path: ofApproval(id), schema: approvalDetailSchema }),
    decide: (id, version, body) => ask({ method: 'POST', path: ofApproval(id, '/decision'), body, version, schema: approvalSchema }),
    extend: (id, version, seconds) => ask({ method: 'POST', path: ofApproval(id, '/extend'), body: { seconds }, version, schema: approvalSchema }),
    async audit({ limit, ...filter }) {
      const { items, last, json } = await collect(limit, (query) => ask({ path: '/audit', query: { ...filter, ...query }, schema: auditPageSchema }))
      return { value: { data: items, total: last.total }, json }
    },
    verifyAudit: () => ask({ path: '/audit/verify', schema: auditVerdictSchema }),
    async *wholeAudit() {
      for (let cursor: string | undefined; ;) {
        const { value } = await ask({ path: '/audit', query: { limit: PAGE, cursor }, schema: auditPageSchema })
        yield* value.data
        cursor = value.next_cursor ?? undefined
        if (cursor === undefined) return
      }
    },
  }
}
