export type { Also, ApprovalLedger, NewDelivery } from './approval-ledger.ts'
export { verifyChain } from './chain.ts'
export { openSqliteApprovalLedger, type SqliteApprovalLedgerOptions } from './sqlite/sqlite-approval-ledger.ts'
