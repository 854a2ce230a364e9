import { getSystemErrorName } from 'node:util'

import { isAbortError } from '@signalbox/errors'
import { z } from 'zod'

import { RefusedDestination } from './guarded-agent.ts'
import type { Outcome } from './message.ts'

/** Node's and OpenSSL's words for what is wrong with a certificate. */
const CERTIFICATE_FAULT = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/

const faultSchema = z.object({
  errno: z.int().negative().optional().catch(undefined),
  code: z
    .string()
    .regex(/^\w{1,60}$/)
    .optional()
    .catch(undefined),
})

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
  if (CERTIFICATE_FAULT.test(code) || causes(thrown).some(({ message }) => message.includes('certificate')))
    return `Its certificate was not accepted (${code}).`
  if (code === 'ETLS') return 'No encryption could be agreed on.'
  return `The connection failed (${code}).`
}

/** The system's own name for what happened comes before what a library calls it. */
function codeOf(thrown: unknown): string {
  const faults = causes(thrown).map((error) => faultSchema.parse(error))
  const number = faults.find(({ errno }) => errno !== undefined)?.errno
  return (number === undefined ? undefined : getSystemErrorName(number)) ?? faults.find(({ code }) => code !== undefined)?.code ?? 'unknown'
}

function causes(thrown: unknown): Error[] {
  const found: Error[] = []
  for (let error = thrown; error instanceof Error && found.length < 5; error = error.cause) found.push(error)
  return found
}
