import { describe } from 'vitest'

import { auditRules } from './audit-rules.ts'
import { changeRules } from './change-rules.ts'
import { deliveryRules } from './delivery-rules.ts'
import { keepRules } from './keep-rules.ts'
import { useLedgers, type OpenLedger } from './ledgers.ts'
import { listRules } from './list-rules.ts'

export { describeApprovalLedgerAcrossProcesses, type LedgerElsewhere } from './across-processes.ts'
export type { LedgerPlace, OpenLedger, Tamper } from './ledgers.ts'
export { also, decided, NOTHING_ELSE, sampleApproval, sampleDelivery, sampleNote } from './sample-approval.ts'

/** What every approval ledger does. Each adapter runs this suite. */
export function describeApprovalLedger(name: string, openLedger: OpenLedger): void {
  describe(name, () => {
    const ledgers = useLedgers(openLedger)
    changeRules(ledgers)
    listRules(ledgers)
    auditRules(ledgers)
    deliveryRules(ledgers)
    keepRules(ledgers)
  })
}
