import { AppError } from '@signalbox/errors'
import { toInvalidRequest } from '@signalbox/openai-wire'
import type { z } from 'zod'

import type { GatewayContext } from '../gateway-env.ts'
import { readJsonBody } from '../read-body.ts'

/** What people type into forms. */
const LARGEST = 16 * 1_024

/** A small JSON body, checked. @throws AppError naming the first field that is wrong. */
export async function readJson<Schema extends z.ZodType>(c: Pick<GatewayContext, 'env'>, schema: Schema): Promise<z.infer<Schema>> {
  const bytes = await readJsonBody(c.env.incoming, LARGEST)
  const parsed = schema.safeParse(parseJson(bytes))
  if (!parsed.success) throw toInvalidRequest(parsed.error)
  return parsed.data
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw new AppError('invalid_json', 'The request body is not valid JSON.', { cause })
  }
}
