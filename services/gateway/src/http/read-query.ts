import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import type { GatewayContext } from './gateway-env.ts'

/** How many of a list are wanted. */
export const limitField = z.coerce
  .number({ error: 'must be a number' })
  .int('must be a whole number')
  .min(1, 'must be 1 or more')
  .max(100, 'must be 100 or less')
  .default(20)

/** Where a list goes on: what the page before said. */
export const cursorField = z.string().min(1, 'must not be empty').max(512, 'must be 512 characters at most').optional()

/** The query's fields that the schema names. @throws AppError naming the first that is wrong. */
export function readQuery<Schema extends z.ZodObject>(c: GatewayContext, schema: Schema): z.infer<Schema> {
  const given = Object.keys(schema.shape).map((name) => [name, c.req.query(name)] as const)
  const unkept = given.find(([, value]) => value?.includes('\0') === true)?.[0]
  if (unkept !== undefined) throw new AppError('invalid_request', `${unkept}: must not hold a NUL.`, { param: unkept })
  const parsed = schema.safeParse(Object.fromEntries(given))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const param = String(issue?.path[0])
  throw new AppError('invalid_request', `${param}: ${issue?.message ?? 'is wrong'}.`, { param })
}
