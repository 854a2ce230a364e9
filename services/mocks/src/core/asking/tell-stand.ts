import { hashOf, toCanonicalJson } from '@signalbox/contracts'

import { valueAt, type Asking, type MockAsk } from './mock-ask.ts'
import type { Settled, Stand } from './stand-of.ts'

/** What came of all that people were asked, a line each: answers, what ran with which arguments, and what was not done. */
export function tellStand({ answers, settled }: Pick<Stand, 'answers' | 'settled'>, about: Asking['about']): string {
  return [...answers.map(tellAnswer), ...settled.map((one) => tellSettled(one, about))].join('\n')
}

/** `Which region?`, `Oslo` → `Region: Oslo` */
function tellAnswer({ question, text }: Stand['answers'][number]): string {
  const asked = question.replace(/[\s?:.]+$/, '')
  const topic = /^(?:which|what|whose)\s+(?!(?:is|are|was|were|do|does|did|should|shall|can|will)\b)(.+)$/i.exec(asked)?.[1] ?? asked
  return `${topic.charAt(0).toUpperCase()}${topic.slice(1)}: ${text}`
}

/** Exactly the arguments that ran, and nothing of their secrets. */
export function tellSettled({ ask, decision, args, reason, by }: Settled, about: Asking['about']): string {
  const who = by.length === 0 ? 'nobody' : by.join(', ')
  if (decision === 'reject')
    return `${ask.type} was not done: rejected by ${who}${reason === undefined || reason === '' ? ', without a reason' : `: ${reason}`}`
  const ran = `${ask.type} ran with ${tellArgs(ask, args, about)}`
  return decision === 'edit' ? `${ran} instead of ${tellArgs(ask, ask.args, about)}` : ran
}

/** An ask that will not be done without. */
export function refusedStrictly(settled: readonly Settled[]): Settled | undefined {
  return settled.find(({ ask, decision }) => ask.strict && decision === 'reject')
}

function tellArgs({ secrets: own }: MockAsk, args: MockAsk['args'], { secrets }: Asking['about']): string {
  return toCanonicalJson((own ?? secrets ?? []).reduce<unknown>(withMasked, args))
}

/** `"•••• (sha256 1a2b3c4d)"` in the place of what the pointer points to. */
function withMasked(args: unknown, pointer: string): unknown {
  const secret = valueAt(args, pointer)
  if (secret === undefined) return args
  const mask = `•••• (sha256 ${hashOf(secret).slice(0, 8)})`
  const steps = pointer.split('/').slice(1)
  if (steps.length === 0) return mask
  const copy = structuredClone(args)
  const holder = valueAt(copy, `/${steps.slice(0, -1).join('/')}`.replace(/\/$/, '')) as Record<string, unknown>
  holder[(steps.at(-1) as string).replaceAll('~1', '/').replaceAll('~0', '~')] = mask
  return copy
}
