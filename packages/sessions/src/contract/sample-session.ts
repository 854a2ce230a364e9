import { createId, NO_USAGE, UNDRIVEN, type DeadLetter, type NewSessionEvent, type NodeState, type SessionDocument } from '@signalbox/contracts'

/** A session as it is when it has just been asked for. */
export function sampleSession(overrides: Partial<SessionDocument> = {}): SessionDocument {
  const now = new Date().toISOString()
  return {
    ...UNDRIVEN,
    schema: 1,
    id: createId('ses'),
    owner: 'alice',
    goal: 'Compare A and B',
    conversation: [{ role: 'user', text: 'Compare A and B' }],
    request_id: 'req_1',
    created_at: now,
    updated_at: now,
    ...overrides,
  }
}

export const CREATED: NewSessionEvent = { type: 'session.created', at: '2026-01-01T00:00:00.000Z' }

export function progress(text: string): NewSessionEvent {
  return { type: 'node.progress', at: '2026-01-01T00:00:00.000Z', node: 'n1', agent: 'rag', text }
}

export const COMPLETED: NewSessionEvent = { type: 'session.completed', at: '2026-01-01T00:00:00.000Z', usage: NO_USAGE, citations: [] }

export const DEAD_LETTER: DeadLetter = {
  node: 'n1',
  agent: 'rag',
  error: { code: 'agent_failed', message: 'The agent failed.' },
  attempts: 4,
  at: '2026-01-01T00:00:00.000Z',
}

/** A node that has made a text of so many characters. */
export function nodeThatMade(characters: number, mark = 'x'): NodeState {
  return { state: 'completed', agent: 'rag', attempts: 1, epoch: 1, output: { text: mark.repeat(characters), data: [] } }
}
