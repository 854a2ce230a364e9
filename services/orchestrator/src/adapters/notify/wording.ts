import { toSafeLine, type Approval } from '@signalbox/contracts'

import type { Message } from './message.ts'

/** The message's first line, and its subject. What is said is how the approval stands now, also where the message is late. */
export function toHeadline({ delivery, approval }: Message): string {
  if (!approval) return 'This is a test from Signalbox'
  return `${toOpening(approval, delivery.event)}: ${toTitle(approval)}`
}

export function toTitle(approval: Approval): string {
  return toSafeLine(approval.action.title)
}

/** Each a label and a short text. Never arguments, never what an agent says for itself. */
export function toFacts(approval: Approval): [label: string, text: string][] {
  const decided = approval.decisions.filter(({ superseded }) => !superseded).map(({ by, decision }) => `${toSafeLine(by.name, 80)} (${decision})`)
  return [
    ['Action', toSafeLine(approval.action.type, 100)],
    ['Agent', toSafeLine(approval.agent, 100)],
    ['Risk', approval.risk.level],
    ...(decided.length > 0 ? [['Decided by', decided.join(', ')] satisfies [string, string]] : []),
  ]
}

/** What there is to do, as the words of a button. */
export function toInvitation({ approval }: Message, recipient: { name: string } | undefined): string {
  if (!approval) return 'Open the console'
  return approval.state === 'pending' && recipient !== undefined ? 'Review and decide' : 'View'
}

function toOpening(approval: Approval, event: Message['delivery']['event']): string {
  switch (approval.state) {
    case 'pending':
      return event === 'approval.escalated' ? 'Still waiting for approval' : 'Approval needed'
    case 'approved':
      return approval.edit ? 'Approved with changes' : 'Approved'
    case 'rejected':
      return 'Rejected'
    case 'expired':
      return 'Expired without a decision'
    case 'superseded':
      return 'Not needed any more'
  }
}
