import type { Approval } from '@signalbox/contracts'

/** What is this grave is approved by naming it, and cannot be taken back. */
export function isGrave({ risk }: Pick<Approval, 'risk'>): boolean {
  return risk.level === 'high' || risk.level === 'critical'
}
