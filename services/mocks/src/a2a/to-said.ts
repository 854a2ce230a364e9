import { dataOf, textOf, type Message } from '@signalbox/a2a'
import { approvalDecisionPartSchema } from '@signalbox/contracts'

import type { Said } from '../core/asking/stand-of.ts'

/** What a message that continues a task says. Parts that are no decisions are not looked at. */
export function toSaid({ parts }: Pick<Message, 'parts'>): Said {
  const decisions = dataOf(parts).flatMap((data) => approvalDecisionPartSchema.safeParse(data).data ?? [])
  return { decisions, text: textOf(parts) }
}
