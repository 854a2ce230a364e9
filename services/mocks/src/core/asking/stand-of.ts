import { hashOf, type AgentAsk, type ApprovalDecisionPart } from '@signalbox/contracts'

import { toAgentAsk, type Asking, type MockAsk } from './mock-ask.ts'

/** A message that continued a task that asked: what people decided, and what they wrote. */
export interface Said {
  decisions: readonly ApprovalDecisionPart[]
  text: string
}

/** What became of an ask. `args` are those that may be used. */
export interface Settled {
  ask: MockAsk
  ref: string
  decision: 'approve' | 'edit' | 'reject'
  args: MockAsk['args']
  reason: string | undefined
  by: readonly string[]
}

/** How far a task that asks people has come. `fresh` is what the last message settled, and is now to be done. */
export interface Stand {
  next: { type: 'question'; text: string } | { type: 'asks'; asks: AgentAsk[] } | { type: 'nothing' } | { type: 'fault'; message: string }
  settled: Settled[]
  fresh: Settled[]
  answers: { question: string; text: string }[]
}

/**
 * Where a task stands, from all that was said to it: nothing of it is kept elsewhere.
 *
 *  S1. Questions come before asks, and one after the other. Asks come all at once, and are done once all are decided.
 *  S2. What was approved are bytes. Whatever comes with another hash than its bytes have ends the task.
 *  S3. The first decision on an ask stands; the same said again changes nothing.
 */
export function standOf(asking: Asking, said: readonly Said[]): Stand {
  const answers: Stand['answers'] = []
  const settled: Settled[] = []
  let fresh: Settled[] = []
  let round = openRound(asking, 0)
  for (const { decisions, text } of said) {
    fresh = []
    const question = asking.questions[answers.length]
    if (question !== undefined) {
      if (text.trim() !== '') answers.push({ question, text: text.trim() })
      continue
    }
    for (const decision of decisions) {
      const asked = round.find(({ ref }) => ref === decision.ref)
      if (!asked) {
        if (settled.some(({ ref }) => ref === decision.ref)) continue
        return { next: { type: 'fault', message: `Nobody asked for ${decision.ref}.` }, settled, fresh: [], answers }
      }
      if (asked.settled) continue
      const message = faultOf(asked, decision)
      if (message !== undefined) return { next: { type: 'fault', message }, settled, fresh: [], answers }
      asked.settled = toSettled(asked, decision)
    }
    if (round.length === 0 || round.some((asked) => !asked.settled)) continue
    fresh = round.flatMap((asked) => asked.settled ?? [])
    settled.push(...fresh)
    round = settled.length === asking.asks.length && fresh.some(({ decision }) => decision !== 'reject') ? openRound(asking, 1) : []
  }
  return { next: nextOf(asking, round, answers.length), settled, fresh, answers }
}

interface Asked {
  ask: MockAsk
  ref: string
  wire: AgentAsk
  settled?: Settled
}

/** Refs are the same whenever the same message is worked on. */
function openRound({ asks, asks_again: again, about }: Asking, round: 0 | 1): Asked[] {
  return (round === 0 ? asks : again).map((ask, index) => {
    const ref = `${round === 0 ? 'ask' : 'again'}-${index + 1}`
    return { ask, ref, wire: toAgentAsk(ask, ref, about) }
  })
}

function nextOf({ questions }: Asking, round: readonly Asked[], answered: number): Stand['next'] {
  const question = questions[answered]
  if (question !== undefined) return { type: 'question', text: question }
  const open = round.filter(({ settled }) => !settled)
  return open.length === 0 ? { type: 'nothing' } : { type: 'asks', asks: open.map(({ wire }) => wire) }
}

function faultOf({ ask, wire }: Asked, { decision, args, args_sha256: approved }: ApprovalDecisionPart): string | undefined {
  const asked = hashOf(ask.args)
  if (decision === 'reject') return undefined
  if (decision === 'approve')
    return approved === asked ? undefined : `The approval of ${ask.type} is for other bytes: ${asked} were asked for, ${approved} are approved.`
  if (!wire.editable) return `${ask.type} takes no other arguments than those it asked for.`
  if (args === undefined) return `The edit of ${ask.type} brings no arguments.`
  const edited = hashOf(args)
  return approved === edited ? undefined : `The edit of ${ask.type} is not what was approved: it has ${edited}, and ${approved} are approved.`
}

function toSettled({ ask, ref }: Asked, { decision, args, reason, decided_by: by }: ApprovalDecisionPart): Settled {
  return { ask, ref, decision, args: decision === 'edit' && args !== undefined ? args : ask.args, reason, by }
}
