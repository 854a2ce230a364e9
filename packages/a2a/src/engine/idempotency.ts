import { createHash } from 'node:crypto'

import { AppError } from '@signalbox/errors'

import type { Caller } from '../agent.ts'
import type { Message } from '../model.ts'
import type { AcceptedTurn } from './task-actor.ts'

/**
 * Remembers which message a caller's idempotency key stands for. Only keys count: a message's id
 * does not, because clients are free to use one id for many messages, and do.
 */
export interface Idempotency {
  /** What the key already stands for. @throws AppError `idempotency_mismatch` when that was another message. */
  find(caller: Caller, message: Message): AcceptedTurn | undefined
  remember(caller: Caller, message: Message, turn: AcceptedTurn): void
  /** Forgets every key that stands for a message to this task. */
  forgetTask(taskId: string): void
}

export function createIdempotency(): Idempotency {
  const byKey = new Map<string, { digest: string; turn: AcceptedTurn }>()
  const keysOfTask = new Map<string, string[]>()
  return {
    find(caller, message) {
      const known = caller.idempotencyKey === undefined ? undefined : byKey.get(toKey(caller, caller.idempotencyKey))
      if (!known) return undefined
      if (known.digest !== toDigest(message))
        throw new AppError('idempotency_mismatch', 'This idempotency key was used for another message.', { param: 'idempotency-key' })
      return known.turn
    },
    remember(caller, message, turn) {
      if (caller.idempotencyKey === undefined) return
      const key = toKey(caller, caller.idempotencyKey)
      byKey.set(key, { digest: toDigest(message), turn })
      keysOfTask.set(turn.actor.id, [...(keysOfTask.get(turn.actor.id) ?? []), key])
    },
    forgetTask(taskId) {
      for (const key of keysOfTask.get(taskId) ?? []) byKey.delete(key)
      keysOfTask.delete(taskId)
    },
  }
}

function toKey(caller: Caller, key: string): string {
  return JSON.stringify([caller.owner, key])
}

/** Of what the message says. Its id is left out: a client that tries again may number its messages anew. */
function toDigest({ parts, taskId, contextId, metadata }: Message): string {
  return createHash('sha256')
    .update(canonicalJson([parts, taskId ?? null, contextId ?? null, metadata ?? null]))
    .digest('base64')
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof Uint8Array) return Buffer.from(item).toString('base64')
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item
    return Object.fromEntries(Object.entries(item).toSorted(([one], [other]) => (one < other ? -1 : 1)))
  })
}
