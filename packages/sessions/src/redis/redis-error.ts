import { AppError } from '@signalbox/errors'
import {
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  ErrorReply,
  ReconnectStrategyError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
} from 'redis'

/** When to try again, milliseconds: a Redis that is started again is there in a second or two. */
const RETRY_AFTER_MS = 1_000

const FAULTS_OF_THE_CONNECTION = [
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  ReconnectStrategyError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
]

/** Answers by which Redis says that it cannot do anything now: it reads its data, is out of memory or of disk, or is not the master. */
const FAULTS_OF_THE_SERVER = /^(LOADING|BUSY|MASTERDOWN|READONLY|OOM|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|UNKILLABLE)\b/

/** Says of a fault of the connection or of the server that the store is away. Anything else is a mistake of ours, and stays what it is. */
export function toRedisError(error: unknown, name: string): unknown {
  return isAway(error) ? new AppError('unavailable', `The ${name} cannot be reached.`, { cause: error, retryAfterMs: RETRY_AFTER_MS }) : error
}

export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof ErrorReply) return FAULTS_OF_THE_SERVER.test(error.message)
  // Node's own errors of a socket have a code and the system call that failed.
  return FAULTS_OF_THE_CONNECTION.some((fault) => error instanceof fault) || 'syscall' in error
}
