import type { Plan, PlanRequest, Usage } from '@signalbox/contracts'
import { AppError } from '@signalbox/errors'
import type { z } from 'zod'

import { draftSchemaFor, type PlanDraft } from './plan-draft.ts'
import { toPlanningPrompt, type PromptMessage, type Rejection } from './planning-prompt.ts'
import { readDraft } from './read-draft.ts'

/** One answer of the model: a draft, or why what it said is none. `text` is what it said. */
export type DraftAnswer = { text: string; usage: Usage } & ({ draft: PlanDraft } | { draft: undefined; faults: readonly string[] })

/** What a draft is asked for with. */
export interface DraftCall {
  prompt: readonly PromptMessage[]
  /** The form that the answer must have. */
  schema: z.ZodType<PlanDraft>
}

/** Who draws: the model, behind its wire. */
export interface Drafter {
  draft(call: DraftCall, signal: AbortSignal): Promise<DraftAnswer>
}

export interface DrawOptions {
  drafter: Drafter
  signal: AbortSignal
  /** Told of each call's cost as it is spent, so that a failure does not lose it. */
  onUsage: (usage: Usage) => void
  /** Told when a draft goes back to the model. */
  onRejected: (faults: readonly string[]) => void
}

/** How often a draft goes back with its faults. */
export const MOST_REPAIRS = 2

/**
 * Draws a plan, or a revision of the one that runs, and has it mended until it is sound.
 *
 * @throws AppError `plan_invalid` with the last faults, when it still is not sound after {@link MOST_REPAIRS} repairs.
 */
export async function drawPlan(request: PlanRequest, options: DrawOptions): Promise<{ plan: Plan; repairs: number }> {
  const schema = draftSchemaFor(request.levels)
  let rejection = toFirstRejection(request)
  for (let repairs = 0; ; repairs++) {
    const answer = await options.drafter.draft({ prompt: toPlanningPrompt(request, rejection), schema }, options.signal)
    options.onUsage(answer.usage)
    const verdict = answer.draft ? readDraft(answer.draft, request) : { plan: undefined, faults: answer.faults }
    if (verdict.plan) return { plan: verdict.plan, repairs }
    if (repairs === MOST_REPAIRS) throw toPlanInvalid(verdict.faults, repairs)
    options.onRejected(verdict.faults)
    rejection = { previous: answer.text, faults: verdict.faults }
  }
}

/** The caller itself may have refused an earlier plan. */
function toFirstRejection({ previous, faults }: PlanRequest): Rejection | undefined {
  if (!faults || faults.length === 0) return undefined
  return { previous: previous === undefined ? undefined : JSON.stringify(previous), faults }
}

const LONGEST_MESSAGE = 2_000

function toPlanInvalid(faults: readonly string[], repairs: number): AppError {
  const words = `The model drew no valid plan in ${repairs + 1} tries: ${faults.join('; ')}`
  return new AppError('plan_invalid', words.slice(0, LONGEST_MESSAGE), { details: { faults } })
}
