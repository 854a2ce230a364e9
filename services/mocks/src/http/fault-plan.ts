import { AppError } from '@signalbox/errors'

import { readFault, type Fault } from './fault.ts'

/** What requests are for, as the configuration names them. */
export const FAULT_TARGETS = ['routing', 'plan', 'answer', 'structured', 'call', 'chat', 'embeddings', 'models', 'any'] as const
export type FaultTarget = (typeof FAULT_TARGETS)[number]

/** Faults that come without a header: the next `times` requests for a target suffer this one. */
export interface PlannedFault {
  target: FaultTarget
  fault: Fault
  times: number
}

/**
 * Reads `plan: malformed-structured *1, chat: status=503;retry-after=1`: a target, a fault, and how
 * often (always when it does not say).
 *
 * @returns the faults, or what is wrong with the text
 */
export function readFaultPlan(text: string): readonly PlannedFault[] | string {
  const planned: PlannedFault[] = []
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue
    const { target, fault, times } = /^(?<target>\w+)\s*:\s*(?<fault>[^*]+?)\s*(?:\*\s*(?<times>\d{1,6}))?$/.exec(entry)?.groups ?? {}
    if (!target || !fault) return `'${entry}' is not of the form 'target: fault *times'`
    if (!isTarget(target)) return `'${target}' is none of ${FAULT_TARGETS.join(', ')}`
    try {
      planned.push({
        target,
        fault: readFault(fault),
        times: times === undefined ? Number.POSITIVE_INFINITY : Number(times),
      })
    } catch (error) {
      if (error instanceof AppError) return error.message
      throw error
    }
  }
  return planned
}

/** Hands out planned faults, each as often as it was planned. */
export function createFaultDealer(plan: readonly PlannedFault[]): (target: FaultTarget) => Fault | undefined {
  const left = plan.map((entry) => ({ ...entry }))
  return (target) => {
    const entry = left.find((candidate) => candidate.times > 0 && (candidate.target === target || candidate.target === 'any'))
    if (!entry) return undefined
    entry.times--
    return entry.fault
  }
}

function isTarget(word: string): word is FaultTarget {
  return (FAULT_TARGETS as readonly string[]).includes(word)
}
