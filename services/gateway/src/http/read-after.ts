import { AppError } from '@signalbox/errors'
import { z } from 'zod'

import type { GatewayContext } from './gateway-env.ts'
import { readQuery } from './read-query.ts'

const seqField = z
  .string()
  .regex(/^\d{1,15}$/, 'must be the number of an event')
  .transform(Number)
const querySchema = z.object({ after: seqField.optional() })

/** After which event a stream is to go on. A client that comes again says what it saw last; its URL still says what it asked for at first. */
export function readAfter(c: GatewayContext): { after: number | undefined; again: boolean } {
  const last = c.req.header('last-event-id')
  if (last === undefined || last === '') return { after: readQuery(c, querySchema).after, again: false }
  const after = seqField.safeParse(last)
  if (!after.success) throw new AppError('invalid_request', 'Last-Event-ID: must be the number of an event.', { param: 'Last-Event-ID' })
  return { after: after.data, again: true }
}
