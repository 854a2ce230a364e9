import { setTimeout as pause } from 'node:timers/promises'

import type { Json, TaskWriter } from '@signalbox/a2a'
import { EXTENSIONS, hashOf, toCanonicalJson, type AgentAsk } from '@signalbox/contracts'

import { standOf, type Said, type Settled } from '../core/asking/stand-of.ts'
import { refusedStrictly, tellSettled, tellStand } from '../core/asking/tell-stand.ts'
import type { MockBehaviour } from '../core/behaviour.ts'
import type { Executions } from './executions.ts'

export interface Conversation {
  behaviour: MockBehaviour
  said: readonly Said[]
  signal: AbortSignal
  writer: TaskWriter
}

/** What a turn came to. `waits`: the task waits for people. `text` is what came of it all; undefined where nobody was to be asked. */
export type TurnOutcome = { type: 'waits' } | { type: 'failed'; message: string } | { type: 'done'; text: string | undefined }

/** Does what was approved since, and asks for what is still open; where that is nothing, tells what came of it. */
export async function converse(conversation: Conversation, executions: Pick<Executions, 'did'>): Promise<TurnOutcome> {
  const { behaviour, said, signal, writer } = conversation
  const { next, fresh, settled, answers } = standOf(behaviour, said)
  if (next.type === 'fault') return { type: 'failed', message: next.message }
  const refused = refusedStrictly(fresh)
  if (refused) return { type: 'failed', message: `It cannot be done without: ${tellSettled(refused, behaviour.about)}` }
  const failure = await act(fresh, conversation, executions)
  if (failure !== undefined) return { type: 'failed', message: failure }
  if (next.type === 'question') {
    writer.inputRequired(next.text)
    return { type: 'waits' }
  }
  if (next.type === 'nothing') {
    const isAsking = answers.length > 0 || settled.length > 0
    return { type: 'done', text: isAsking ? tellStand({ answers, settled }, behaviour.about) : undefined }
  }
  const waiting = { [EXTENSIONS.approval]: { asks: next.asks as unknown as Json } }
  // One who comes back for the task has not heard its statuses.
  writer.describe(waiting)
  writer.authRequired(behaviour.statement ?? statementOf(next.asks), waiting)
  if (behaviour.oob_ms === null) return { type: 'waits' }
  await pause(behaviour.oob_ms, undefined, { signal })
  writer.working('somebody has approved it elsewhere')
  const elsewhere = standOf(behaviour, [...said, { decisions: next.asks.map(toApproval), text: '' }])
  const fault = await act(elsewhere.fresh, conversation, executions)
  return fault === undefined ? { type: 'done', text: tellStand(elsewhere, behaviour.about) } : { type: 'failed', message: fault }
}

/** Pretends to do what was approved. Answers why it failed. */
async function act(fresh: readonly Settled[], { behaviour, signal, writer }: Conversation, executions: Pick<Executions, 'did'>): Promise<string | undefined> {
  const approved = fresh.filter(({ decision }) => decision !== 'reject')
  if (approved.length === 0) return undefined
  writer.working(`doing ${approved.map(({ ask }) => ask.type).join(', ')}`)
  if (behaviour.act_ms > 0) await pause(behaviour.act_ms, undefined, { signal })
  if (behaviour.act_fails) return `${approved[0]?.ask.type} was approved, and failed.`
  for (const { ask, args } of approved) executions.did(`${ask.type} ${shorten(toCanonicalJson(args))}`)
  return undefined
}

const LONGEST_ARGS = 1_000

function shorten(args: string): string {
  return args.length <= LONGEST_ARGS ? args : `sha256 ${hashOf(JSON.parse(args))}`
}

function statementOf(asks: readonly AgentAsk[]): string {
  return `I need a person's word for: ${asks.map(({ action }) => action.title).join('; ')}.`
}

function toApproval({ ref, action }: AgentAsk): Said['decisions'][number] {
  return { kind: 'approval-decision', ref, decision: 'approve', args_sha256: hashOf(action.args), decided_by: ['somebody elsewhere'] }
}
