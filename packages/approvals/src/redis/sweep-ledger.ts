import type { ApprovalFacts } from '../approval-facts.ts'
import { FORGET_APPROVAL, FORGET_DELIVERY } from './ledger-scripts.ts'
import type { LedgerPlace } from './redis-approvals.ts'
import { readDelivery } from './redis-deliveries.ts'

/** How many are removed at once. */
const BATCH = 100

/** Removes what was over before `before` (milliseconds); answers how many. Used tokens go by themselves. */
export async function sweepLedger(place: LedgerPlace, before: number): Promise<number> {
  const { keys } = place
  const approvals = await removeEach(place, keys.list('decided'), before, (id) => removeApproval(place, id, before))
  return approvals + (await removeEach(place, keys.finished, before, (id) => removeDelivery(place, id, before)))
}

async function removeEach({ ask, client }: LedgerPlace, list: string, before: number, remove: (id: string) => Promise<number>): Promise<number> {
  const ids = await ask(() => client.zRangeByScore(list, '-inf', `(${before}`))
  let removed = 0
  for (let at = 0; at < ids.length; at += BATCH) {
    const removals = await Promise.all(ids.slice(at, at + BATCH).map((id) => ask(() => remove(id))))
    removed += removals.reduce((sum, count) => sum + count, 0)
  }
  return removed
}

async function removeApproval({ client, keys }: LedgerPlace, id: string, before: number): Promise<number> {
  const json = await client.hGet(keys.approval(id), 'facts')
  if (!json) return 0
  const { requestedBy, sessions } = JSON.parse(json) as ApprovalFacts
  const lists = [keys.list('decided', requestedBy), keys.list('all'), keys.list('all', requestedBy), ...sessions.map(keys.session)]
  return Number(await FORGET_APPROVAL(client, [keys.approval(id), keys.list('decided'), keys.undelivered, ...lists], [id, String(before)]))
}

async function removeDelivery({ client, keys }: LedgerPlace, id: string, before: number): Promise<number> {
  const json = await client.hGet(keys.deliveries, id)
  if (!json) return 0
  const { channel, approval_id } = readDelivery(json)
  const lists = [keys.allDeliveries, keys.ofChannel(channel), ...(approval_id === null ? [] : [keys.ofApproval(approval_id)])]
  return Number(await FORGET_DELIVERY(client, [keys.deliveries, keys.finished, ...lists], [id, String(before)]))
}
