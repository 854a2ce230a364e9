import type { Approval } from '@signalbox/contracts'

/** As many as are decided in one call. */
export const MOST = 20

/** Whether one may be decided together with those that are selected: low risk, one type, one word enough, and not too many. */
export function isSelectable(approval: Approval, selected: readonly Approval[]): boolean {
  if (approval.state !== 'pending' || approval.risk.level !== 'low' || approval.edit !== null) return false
  const [first] = selected
  if (first === undefined) return true
  if (selected.some(({ id }) => id === approval.id)) return true
  return selected.length < MOST && first.action.type === approval.action.type
}
