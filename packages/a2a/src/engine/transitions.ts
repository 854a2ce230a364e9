import { INTERRUPTED_STATES, TERMINAL_STATES, type TaskState } from '../model.ts'

const ENDS = [...TERMINAL_STATES]

/** Which state may follow which. An ended task has no next state (specification section 4.1.3). */
const NEXT = {
  'submitted': ['working', ...INTERRUPTED_STATES, ...ENDS],
  'working': ['working', ...INTERRUPTED_STATES, ...ENDS],
  'input-required': ['working', ...ENDS],
  'auth-required': ['working', ...INTERRUPTED_STATES, ...ENDS],
  'completed': [],
  'failed': [],
  'canceled': [],
  'rejected': [],
} as const satisfies Record<TaskState, readonly TaskState[]>

export function canBecome(from: TaskState, to: TaskState): boolean {
  return (NEXT[from] as readonly TaskState[]).includes(to)
}

export function isTerminal(state: TaskState): boolean {
  return TERMINAL_STATES.has(state)
}

export function isInterrupted(state: TaskState): boolean {
  return INTERRUPTED_STATES.has(state)
}

/**
 * Whether a stream that just told of this state is over. It stays open where a credential may still
 * come out of band (section 7.6.1); a question is answered by a message, which has its own stream.
 */
export function endsStream(state: TaskState): boolean {
  return isTerminal(state) || state === 'input-required'
}
