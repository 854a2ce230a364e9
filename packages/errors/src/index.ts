export { AppError, isAbortError, toAppError, type AppErrorOptions } from './app-error.ts'
export { ERROR_CODES, isErrorCode, RETRYABLE_BY_DEFAULT, type ErrorCode } from './codes.ts'
