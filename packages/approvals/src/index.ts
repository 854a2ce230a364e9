export type { Also, ApprovalLedger, NewDelivery } from './approval-ledger.ts'
