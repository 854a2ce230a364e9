import { toSafeLine } from '@signalbox/contracts'
import { z } from 'zod'

import type { Connection } from '../connection.ts'
import { ConflictFailure, Failure } from '../failure.ts'

const errorBodySchema = z.looseObject({ error: z.looseObject({ message: z.string(), code: z.string().nullish() }) })

/** What an answer that is an error says: its code, and its words made safe. Undefined for what is no error of the gateway's. */
export function readErrorBody(body: unknown): { code: string | undefined; message: string } | undefined {
  const error = errorBodySchema.safeParse(body).data?.error
  return error && { code: error.code ?? undefined, message: toSafeLine(error.message, 500) }
}

/** One line on what went wrong and what can be done about it. */
export function explainStatus(status: number, body: unknown, connection: Connection, retryAfter: string | null): Failure {
  const error = readErrorBody(body)
  if (!error) return new Failure(`What answers at ${connection.url} is not Signalbox (HTTP ${status}). Name the gateway with --url or SIGNALBOX_URL.`)
  switch (status) {
    case 401:
      return new Failure(
        connection.isOperator
          ? `The gateway refused the operator key from ${connection.keySource}. Set SIGNALBOX_OPERATOR_KEY to one of its keys.`
          : `The gateway refused the API key from ${connection.keySource}. Set SIGNALBOX_API_KEY to one of its keys.`,
      )
    case 404:
      return new Failure(`${withPeriod(error.message)} ${whereToLook(error.message, connection)}`)
    case 409:
      return hasApproval(body) ? new ConflictFailure(withPeriod(error.message), body) : new Failure(withPeriod(error.message))
    case 503:
      return new Failure(`${withPeriod(error.message)} Try again${retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? ` in ${retryAfter} s` : ' later'}.`)
    default:
      return new Failure(withPeriod(error.message))
  }
}

/** @throws the error itself where the caller had the call aborted. */
export function explainBreak(error: unknown, { url }: Connection, signal: AbortSignal): Failure {
  if (signal.aborted) throw signal.reason
  if (error instanceof Failure) return error
  if (error instanceof Error && error.name === 'TimeoutError') return new Failure(`${url} did not answer in time. Try again later.`)
  const code = codeOf(error)
  return new Failure(
    `Cannot reach ${url}${code === undefined ? '' : ` (${code})`}. Start it with npm start, or name another gateway with --url or SIGNALBOX_URL.`,
  )
}

/** `fetch` hides the system's word for it one or two causes deep. */
function codeOf(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth++) {
    const { code } = at as NodeJS.ErrnoException
    if (typeof code === 'string') return code
  }
  return undefined
}

/** A conflict over an approval brings the approval as it stands. */
function hasApproval(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'approval' in body
}

function whereToLook(message: string, { isOperator }: Connection): string {
  if (/approval/i.test(message)) return 'They are listed by signalbox approvals list.'
  return isOperator ? 'All are listed by signalbox sessions list --all.' : 'Yours are listed by signalbox sessions list and signalbox dead-letters list.'
}

function withPeriod(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
