import { AppError } from '@signalbox/errors'

/** What the driver, the system and the server say when the server cannot be reached, or is going. Class 08 are connection errors, 57P shutdowns, 53 a server at its limits. */
const AWAY =
  /^(?:CONNECTION_(?:CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT|E(?:CONN(?:REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN)|08\w{3}|57P0\d|53\w{3})$/

/** A database that is away is `unavailable`, and worth another try; anything else stays what it is. */
export function toDatabaseError(error: unknown): unknown {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' && AWAY.test(code) ? new AppError('unavailable', 'The knowledge database does not answer.', { cause: error }) : error
}
