import type { Metadata } from '@signalbox/a2a'
import { EXTENSIONS, isSessionId, PLAN_LIMITS } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { SessionStore } from '@signalbox/sessions'
import { z } from 'zod'

const lineageSchema = z.array(z.string().min(1).max(128)).max(32)

/**
 * The sessions that a message is sent on behalf of, outermost first.
 * @throws AppError `invalid_request` where one of them is ours, so that agents would ask each other in a circle, and where they are nested too deeply.
 */
export async function readLineage(metadata: Metadata | undefined, store: Pick<SessionStore, 'load'>): Promise<string[]> {
  const said = metadata?.[EXTENSIONS.lineage]
  if (said === undefined) return []
  const parsed = lineageSchema.safeParse(said)
  if (!parsed.success) throw new AppError('invalid_request', 'The lineage is a list of session ids, 32 at most.', { param: 'message.metadata' })
  const lineage = parsed.data
  for (const id of lineage) {
    if (!isSessionId(id) || !(await store.load(id))) continue
    const circle = [...lineage.slice(lineage.indexOf(id)), 'here'].join(' → ')
    throw new AppError('invalid_request', `Agents ask each other in a circle: session ${id} is one of ours, and waits for this (${circle}).`, {
      param: 'message.metadata',
    })
  }
  if (lineage.length >= PLAN_LIMITS.depth)
    throw new AppError(
      'invalid_request',
      `Sessions within sessions are nested ${PLAN_LIMITS.depth} deep at most, and this would be the ${lineage.length + 1}th.`,
      {
        param: 'message.metadata',
      },
    )
  return lineage
}
