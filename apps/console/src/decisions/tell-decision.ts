import type { Approval } from '@signalbox/contracts'

const VIA: Record<string, string> = {
  console: 'at the console',
  api: 'over the API',
  cli: 'on the command line',
  link: 'by a link',
  slack: 'in Slack',
  a2a: 'by its agent’s caller',
  policy: 'by policy',
}

/** How somebody reached us, in words. */
export function tellVia(via: string): string {
  return VIA[via] ?? `by ${via}`
}

/** What was decided, by whom, in a sentence. */
export function tellDecision({ state, decisions }: Pick<Approval, 'state' | 'decisions'>): string {
  const last = decisions.findLast(({ superseded }) => !superseded)
  switch (state) {
    case 'pending':
      return 'It waits for a decision.'
    case 'superseded':
      return 'It is not asked any more: the plan or the agent went on without it.'
    case 'expired':
      return 'Nobody decided in time, so it was rejected.'
    case 'approved':
    case 'rejected':
      return last ? `${last.by.name} ${last.decision === 'edit' ? 'edited and approved' : state} it ${tellVia(last.via)}.` : `It is ${state}.`
  }
}
