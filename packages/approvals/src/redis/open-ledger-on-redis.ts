import { openRedis } from '@signalbox/sessions'

import type { ApprovalLedger } from '../approval-ledger.ts'
import { openRedisApprovalLedger } from './redis-approval-ledger.ts'

/** A ledger with a connection of its own, as a process of its own has it: for tests. */
export async function openLedgerOnRedis({ url, prefix }: { url: string; prefix: string }): Promise<ApprovalLedger> {
  const redis = await openRedis({ url, onWarning: () => undefined })
  const ledger = openRedisApprovalLedger({ redis, prefix })
  return {
    ...ledger,
    async close() {
      await ledger.close()
      await redis.close()
    },
  }
}
