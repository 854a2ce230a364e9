import { isAbortError } from '@signalbox/errors'

import { RefusedDestination } from './guarded-agent.ts'
import type { Outcome } from './message.ts'

/** Node's and OpenSSL's words for what is wrong with a certificate. */
const CERTIFICATE_FAULT = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/

/** What kept a message from being answered, in words that name no URL: it may hold a secret. */
export function toFailure(thrown: unknown): Extract<Outcome, { state: 'failed' }> {
  const refused = causes(thrown).find((error) => error instanceof RefusedDestination)
  if (refused) return { state: 'failed', status: null, error: `Refused: ${refused.message}`, again: false }
  return { state: 'failed', status: null, error: toWords(thrown), again: true }
}

function toWords(thrown: unknown): string {
  if (isAbortError(thrown)) return 'There was no answer in time.'
  const code = codeOf(thrown)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EDNS') return 'Its host was not found.'
  if (code === 'ECONNREFUSED') return 'The connection was refused.'
  if (code === 'ETIMEDOUT' || code === 'UND_ERR_CONNECT_TIMEOUT') return 'There was no connection in time.'
  if (CERTIFICATE_FAULT.test(code)) return `Its certificate was not accepted (${code}).`
  return `The connection failed (${code}).`
}

function codeOf(thrown: unknown): string {
  const code = causes(thrown)
    .map((error) => (error as { code?: unknown }).code)
    .find((code) => typeof code === 'string')
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'unknown'
}

function causes(thrown: unknown): Error[] {
  const found: Error[] = []
  for (let error = thrown; error instanceof Error && found.length < 5; error = error.cause) found.push(error)
  return found
}
