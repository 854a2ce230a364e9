import { isUtf8 } from 'node:buffer'

import { AppError } from '@signalbox/errors'
import { outlineWithinBounds, toInvalidRequest, toParam } from '@signalbox/openai-wire'
import type { z } from 'zod'

import { findUnkeptText } from './find-unkept-text.ts'
import type { GatewayContext } from './gateway-env.ts'
import { hasBody, readJsonBody } from './read-body.ts'
import { leavesBodyUnread, refuseUnread } from './refuse-large-body.ts'

export interface JsonBody<Schema extends z.ZodType> {
  schema: Schema
  /** The most bytes that are taken. */
  limit: number
  /** What a request without a body stands for; one must be there when nothing is said. */
  absent?: z.infer<Schema>
}

/**
 * Answers a request by its body. One that is too large is refused before it is read to its end.
 *
 * @throws AppError for a body that is not as it should be, naming the field.
 */
export async function withJson<Schema extends z.ZodType>(
  c: GatewayContext,
  body: JsonBody<Schema>,
  answer: (value: z.infer<Schema>) => Promise<Response>,
): Promise<Response> {
  let value: z.infer<Schema>
  try {
    value = await readJson(c, body)
  } catch (error) {
    if (error instanceof AppError && leavesBodyUnread(c, error)) return refuseUnread(c, error)
    throw error
  }
  return answer(value)
}

async function readJson<Schema extends z.ZodType>(c: GatewayContext, { schema, limit, absent }: JsonBody<Schema>): Promise<z.infer<Schema>> {
  if (absent !== undefined && !hasBody(c.env.incoming)) return absent
  const bytes = await readJsonBody(c.env.incoming, limit)
  if (!isUtf8(bytes)) throw new AppError('invalid_json', 'The request body is not valid UTF-8.')
  // What is nested deeply enough fails whoever walks down into it; what has enough members keeps whoever checks them for seconds.
  outlineWithinBounds(bytes)
  const value = parseJson(bytes)
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw toInvalidRequest(parsed.error)
  // Cleaned in silence, what is kept and run would not be what was said.
  const unkept = findUnkeptText(value)
  if (unkept) throw new AppError('invalid_request', `${toParam(unkept)}: must not hold a NUL, or half of a surrogate pair.`, { param: toParam(unkept) })
  return parsed.data
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new AppError('invalid_json', 'The request body is not valid JSON.', { cause })
  }
}
