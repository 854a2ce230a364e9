import { AppError } from '@signalbox/errors'

/**
 * Results of SQLite that speak of the file and not of the statement: busy, locked, read-only, out of
 * memory, I/O, corrupt, full, cannot open. https://sqlite.org/rescode.html
 */
const FAULTS_OF_THE_FILE: ReadonlySet<number> = new Set([5, 6, 8, 7, 10, 11, 13, 14])

/** Says of a fault of the file that the store is away. Anything else is a mistake of ours, and stays what it is. */
export function toStoreError(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ERR_INVALID_STATE') return new AppError('unavailable', `The ${name} is closed.`, { cause: error, retryable: false })
  // The low byte is the result, the rest says more of it.
  const result = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
  if (result === undefined || !FAULTS_OF_THE_FILE.has(result)) return error
  return new AppError('unavailable', `The ${name} cannot be used: ${error.message}.`, { cause: error })
}
