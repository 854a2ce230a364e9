import { deliverySchema, type Delivery, type DeliveryQuery } from '@signalbox/contracts'

import { readCursor, toCursor, type PageEnd } from '../page-cursor.ts'
import type { LedgerPlace } from './redis-approvals.ts'

export async function findDelivery({ ask, client, keys }: LedgerPlace, id: string): Promise<Delivery | undefined> {
  const json = await ask(() => client.hGet(keys.deliveries, id))
  return json ? readDelivery(json) : undefined
}

/** One page, newest first. */
export async function listDeliveries(place: LedgerPlace, query: DeliveryQuery): Promise<{ deliveries: Delivery[]; nextCursor: string | undefined }> {
  const { ask, client, keys } = place
  const end = query.cursor === undefined ? undefined : readCursor('deliveries', query.cursor)
  const found: Delivery[] = []
  const count = query.limit + 1
  for (let offset = 0; found.length < count; offset += count) {
    const range = { BY: 'SCORE', REV: true, LIMIT: { offset, count } } as const
    const listed = await ask(() => client.zRangeWithScores(listOf(place, query), end?.at ?? '+inf', '-inf', range))
    const behind = listed.map(({ value, score }) => ({ at: score, id: value })).filter((entry) => isBehind(entry, end))
    if (behind.length > 0) {
      const jsons = await ask(() =>
        client.hmGet(
          keys.deliveries,
          behind.map(({ id }) => id),
        ),
      )
      found.push(
        ...jsons.flatMap((json) => (json ? [readDelivery(json)] : [])).filter(({ channel }) => query.channel === undefined || channel === query.channel),
      )
    }
    if (listed.length < count) break
  }
  const deliveries = found.slice(0, query.limit)
  const last = deliveries.at(-1)
  return {
    deliveries,
    nextCursor: last && found.length > query.limit ? toCursor('deliveries', { at: Date.parse(last.created_at), id: last.id }) : undefined,
  }
}

export async function lastDelivery(place: LedgerPlace, channel: string): Promise<Delivery | undefined> {
  const { ask, client, keys } = place
  const [id] = await ask(() => client.zRange(keys.ofChannel(channel), 0, 0, { REV: true }))
  return id === undefined ? undefined : findDelivery(place, id)
}

export function readDelivery(json: string): Delivery {
  return deliverySchema.parse(JSON.parse(json))
}

/** Of an approval there are few messages: of those, the channel's are looked for here. */
function listOf({ keys }: LedgerPlace, { approval_id, channel }: DeliveryQuery): string {
  if (approval_id !== undefined) return keys.ofApproval(approval_id)
  return channel === undefined ? keys.allDeliveries : keys.ofChannel(channel)
}

function isBehind(entry: PageEnd, end: PageEnd | undefined): boolean {
  return !end || entry.at < end.at || (entry.at === end.at && entry.id < end.id)
}
