import { fromHttpStatus, fromWireError } from '@signalbox/a2a'
import { approvalSchema, type Approval } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { Dispatcher } from 'undici'
import { z } from 'zod'

const LARGEST_ANSWER = 64 * 1_024 * 1_024

const errorSchema = z.looseObject({ error: z.looseObject({}) })

export async function readText({ body }: Dispatcher.ResponseData): Promise<string> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    size += piece.byteLength
    if (size > LARGEST_ANSWER) throw new AppError('upstream_invalid', `The orchestrator answered with more than ${LARGEST_ANSWER} bytes.`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces).toString('utf8')
}

/** What was asked for. @throws AppError the one that the orchestrator threw, or `upstream_invalid` for what is not in the contract. */
export function readAnswer<Schema extends z.ZodType>(status: number, text: string, schema: Schema): z.infer<Schema> {
  const body = readJson(text)
  if (status < 200 || status > 299) throw readFault(status, body)
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new AppError('upstream_invalid', 'The orchestrator answered with something else than was asked for.', { cause: parsed.error })
  return parsed.data
}

/** A conflict over an approval brings the approval as it stands. */
function readFault(status: number, body: unknown): AppError {
  const said = errorSchema.safeParse(body).data
  if (!said) return fromHttpStatus(status)
  const fault = fromWireError(said.error)
  const approval = readApproval(said)
  if (!approval) return fault
  const { code, message, param, retryable } = fault
  return new AppError(code, message, { retryable, ...(param !== undefined && { param }), details: { approval }, cause: fault })
}

const conflictSchema = z.union([
  z.looseObject({ approval: approvalSchema }),
  z.looseObject({ error: z.looseObject({ details: z.looseObject({ approval: approvalSchema }) }) }).transform(({ error }) => error.details),
])

function readApproval(body: unknown): Approval | undefined {
  return conflictSchema.safeParse(body).data?.approval
}

/** Undefined for what is no JSON, as a proxy's page is not. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
