import type { SessionEvent, SessionView } from '@signalbox/contracts'

const EPOCH = Date.parse('2026-03-01T10:00:00.000Z')

/** A moment so many seconds after the fixtures' beginning. */
export function at(seconds: number): string {
  return new Date(EPOCH + seconds * 1_000).toISOString()
}

/** A session that was just begun. */
export function freshView(over: Partial<SessionView> = {}): SessionView {
  return {
    schema: 1,
    id: 'ses_0000000000000000000000fixt',
    status: 'active',
    goal: 'Compare the two inaugural addresses',
    request_id: 'req_fixture',
    plan: null,
    plan_revision: 0,
    plan_source: null,
    plan_repairs: 0,
    nodes: {},
    answer: null,
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0, cost_usd: 0 },
    error: null,
    lineage: [],
    budget: {},
    stopped: null,
    context: {},
    revisions: [],
    revising: null,
    dead_letters: [],
    asks: {},
    questions: {},
    held: false,
    waiting_at: null,
    paused_at: null,
    paused_ms: 0,
    wake_at: null,
    takeovers: 0,
    last_seq: 0,
    created_at: at(0),
    updated_at: at(0),
    finished_at: null,
    ...over,
  }
}

type Unnumbered = SessionEvent extends infer E ? (E extends SessionEvent ? Omit<E, 'seq' | 'at'> & { at?: string } : never) : never

/** Events as the store numbers them, one second apart where nothing else is said. */
export function numbered(events: readonly Unnumbered[], first = 1): SessionEvent[] {
  return events.map((event, index) => ({ at: at(first + index), ...event, seq: first + index }))
}

/** Two searches side by side, and an answer that rests on both. */
export const TWO_AND_ANSWER = {
  goal: 'Compare the two inaugural addresses',
  answer: 'answer',
  nodes: [
    { kind: 'agent', id: 'first', agent: 'rag', skill: 'retrieve', instruction: 'Find the first address', needs: [], on_failure: 'fail' },
    { kind: 'agent', id: 'second', agent: 'rag', skill: 'retrieve', instruction: 'Find the second address', needs: [], on_failure: 'fail' },
    { kind: 'agent', id: 'answer', agent: 'reasoning', skill: 'answer', instruction: 'Compare them', needs: ['first', 'second'], on_failure: 'fail' },
  ],
} satisfies SessionView['plan']
