export type { Also, ApprovalLedger, NewDelivery } from './approval-ledger.ts'
export { verifyChain } from './chain.ts'
export { openRedisApprovalLedger, type RedisApprovalLedgerOptions } from './redis/redis-approval-ledger.ts'
export { openSqliteApprovalLedger, type SqliteApprovalLedgerOptions } from './sqlite/sqlite-approval-ledger.ts'
