import type { RedriveRequest } from '@signalbox/contracts'

/** A redrive as its form holds it: texts, as they were typed. */
export interface RedriveWish {
  /** Empty for all that failed. */
  node: string
  instruction: string
  agent: string
  tokens: string
  usd: string
  deadlineS: string
}

export type ReadRedrive = { request: RedriveRequest } | { fault: string; field: 'tokens' | 'usd' | 'deadlineS' }

/** What is asked for: only what was changed is sent, so that everything else stays as it was. */
export function toRedrive(wish: RedriveWish, before: { instruction: string; agent: string }): ReadRedrive {
  const request: RedriveRequest = {}
  const budget: NonNullable<RedriveRequest['budget']> = {}
  if (wish.node !== '') {
    request.node = wish.node
    const instruction = wish.instruction.trim()
    if (instruction !== '' && instruction !== before.instruction.trim()) request.instruction = instruction
    if (wish.agent !== '' && wish.agent !== before.agent) request.agent = wish.agent
  }
  for (const [field, name] of [
    ['tokens', 'tokens'],
    ['usd', 'usd'],
    ['deadlineS', 'deadline_s'],
  ] as const) {
    const text = wish[field].trim()
    if (text === '') continue
    const value = Number(text)
    if (!Number.isFinite(value) || value <= 0) return { fault: 'must be a number above 0', field }
    if (field === 'tokens' && !Number.isInteger(value)) return { fault: 'must be a whole number', field }
    budget[name] = value
  }
  return { request: Object.keys(budget).length > 0 ? { ...request, budget } : request }
}
