import type { Approval } from '@signalbox/contracts'

import { currentHash } from '../../api/approvals.ts'

/** How many have approved the bytes that stand by now. */
export function approvalsSoFar(approval: Pick<Approval, 'decisions' | 'edit' | 'args_sha256'>): number {
  const hash = currentHash(approval)
  const approvers = approval.decisions.flatMap(({ by, decision, superseded, args_sha256: of }) =>
    superseded || decision === 'reject' || of !== hash ? [] : [by.id],
  )
  return new Set(approvers).size
}

/** Who may decide, in words: `role:approver` is that role or a higher one. */
export function tellEligible(eligible: readonly string[]): string {
  return eligible
    .map((who) => {
      const [, kind, name = who] = /^(role|group|user|key|oidc):(.*)$/s.exec(who) ?? []
      if (kind === 'role') return name === 'admin' ? 'admins' : `${name}s and above`
      return kind === 'group' ? `the group ${name}` : name
    })
    .join(', or ')
}
