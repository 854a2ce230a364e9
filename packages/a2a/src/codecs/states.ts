import { TaskState as WireState } from '@a2a-js/sdk'

import type { TaskState } from '../model.ts'

/** A task's states by their names in ProtoJSON. */
export const WIRE_STATES = [
  'TASK_STATE_SUBMITTED',
  'TASK_STATE_WORKING',
  'TASK_STATE_INPUT_REQUIRED',
  'TASK_STATE_AUTH_REQUIRED',
  'TASK_STATE_COMPLETED',
  'TASK_STATE_FAILED',
  'TASK_STATE_CANCELED',
  'TASK_STATE_REJECTED',
] as const

const TO_WIRE = {
  'submitted': WireState.TASK_STATE_SUBMITTED,
  'working': WireState.TASK_STATE_WORKING,
  'input-required': WireState.TASK_STATE_INPUT_REQUIRED,
  'auth-required': WireState.TASK_STATE_AUTH_REQUIRED,
  'completed': WireState.TASK_STATE_COMPLETED,
  'failed': WireState.TASK_STATE_FAILED,
  'canceled': WireState.TASK_STATE_CANCELED,
  'rejected': WireState.TASK_STATE_REJECTED,
} as const satisfies Record<TaskState, WireState>

const FROM_WIRE = new Map<WireState, TaskState>((Object.entries(TO_WIRE) as [TaskState, WireState][]).map(([ours, wire]) => [wire, ours]))

export function toWireState(state: TaskState): WireState {
  return TO_WIRE[state]
}

/** A state whose name a schema has checked; one that A2A does not define stays a working task. */
export function fromWireState(state: WireState): TaskState {
  return FROM_WIRE.get(state) ?? 'working'
}
