import { AppError } from '@signalbox/errors'

/** What undici's and the network's failures are in our words. */
export function toUpstreamFault(error: unknown, host: string): AppError {
  if (error instanceof AppError) return error
  const code = readCode(error)
  switch (code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
      return new AppError('upstream_timeout', `The model endpoint ${host} did not take the connection in time.`, { cause: error })
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new AppError('upstream_timeout', `The model endpoint ${host} did not answer in time.`, { cause: error })
    case 'UND_ERR_BODY_TIMEOUT':
      return new AppError('upstream_timeout', `The model endpoint ${host} fell silent in the middle of its answer.`, { cause: error })
    case 'UND_ERR_SOCKET':
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return new AppError('upstream_failed', `The connection to the model endpoint ${host} broke before its answer was whole.`, { cause: error })
    default:
      if (code?.startsWith('HPE_'))
        return new AppError('upstream_invalid', `The model endpoint ${host} answered with something that is not HTTP.`, { cause: error })
      return new AppError('upstream_failed', `The model endpoint ${host} cannot be reached${code === undefined ? '' : ` (${code})`}.`, { cause: error })
  }
}

function readCode(error: unknown): string | undefined {
  const first = error instanceof AggregateError ? (error.errors as unknown[])[0] : error
  const code = (first as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' && /^[A-Z_\d]{1,64}$/.test(code) ? code : undefined
}
