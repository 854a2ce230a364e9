import {
  agentListSchema,
  deadLetterPageSchema,
  deadSessionDetailSchema,
  MANAGEMENT_PATHS,
  sessionBriefPageSchema,
  sessionChangedSchema,
  sessionDetailSchema,
  sessionEventPageSchema,
} from '@signalbox/contracts'

import type { AgentDesk, DeadLetterDesk, SessionDesk } from '../../core/session-desk.ts'
import type { Management } from './connect-management.ts'
import { toPlace } from './to-place.ts'

const { agents, deadLetters, sessions } = MANAGEMENT_PATHS

export function createSessionDesk({ ask }: Management): SessionDesk {
  const of = toPlace(sessions)
  return {
    list: (query, call) => ask({ method: 'GET', path: sessions, query, schema: sessionBriefPageSchema }, call),
    find: (id, call) => ask({ method: 'GET', ...of(id), schema: sessionDetailSchema }, call),
    events: (id, query, call) => ask({ method: 'GET', ...of(id, '/events'), query, schema: sessionEventPageSchema, waitS: query.wait_s }, call),
    answer: (id, body, call) => ask({ method: 'POST', ...of(id, '/input'), body, schema: sessionChangedSchema }, call),
    cancel: (id, call) => ask({ method: 'POST', ...of(id, '/cancel'), schema: sessionChangedSchema }, call),
    pause: (id, call) => ask({ method: 'POST', ...of(id, '/pause'), schema: sessionChangedSchema }, call),
    resume: (id, call) => ask({ method: 'POST', ...of(id, '/resume'), schema: sessionChangedSchema }, call),
  }
}

export function createAgentDesk({ ask }: Management): AgentDesk {
  return { agents: async (call) => (await ask({ method: 'GET', path: agents, schema: agentListSchema }, call)).data }
}

export function createDeadLetterDesk({ ask }: Management): DeadLetterDesk {
  const of = toPlace(deadLetters)
  return {
    deadLetters: (query, call) => ask({ method: 'GET', path: deadLetters, query, schema: deadLetterPageSchema }, call),
    deadLetter: (id, call) => ask({ method: 'GET', ...of(id), schema: deadSessionDetailSchema }, call),
    redrive: (id, body, call) => ask({ method: 'POST', ...of(id, '/redrive'), body, schema: sessionChangedSchema }, call),
    drop: (id, call) => ask({ method: 'DELETE', ...of(id), schema: sessionChangedSchema }, call),
  }
}
