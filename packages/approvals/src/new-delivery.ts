import type { Delivery } from '@signalbox/contracts'

import type { NewDelivery } from './approval-ledger.ts'

/** A message as it is before its first try, whose time is now. */
export function toDelivery({ id, channel, event, approval_id, created_at }: NewDelivery): Delivery {
  return {
    id,
    channel,
    event,
    approval_id,
    state: 'waiting',
    attempts: 0,
    status: null,
    error: null,
    created_at,
    next_at: created_at,
    finished_at: null,
  }
}

/** When it is to be tried, milliseconds; undefined for one that is not tried any more. */
export function dueAtOf({ state, next_at, created_at }: Delivery): number | undefined {
  return state === 'waiting' ? Date.parse(next_at ?? created_at) : undefined
}

/** When it was taken or given up, milliseconds; undefined while it waits. */
export function finishedAtOf({ state, finished_at, created_at }: Delivery): number | undefined {
  return state === 'waiting' ? undefined : Date.parse(finished_at ?? created_at)
}
