import { deliverySchema, type Delivery, type DeliveryQuery } from '@signalbox/contracts'
import type { Database } from '@signalbox/sessions/sqlite'

import type { NewDelivery } from '../approval-ledger.ts'
import { noSuchDelivery } from '../ledger-errors.ts'
import { dueAtOf, finishedAtOf, toDelivery } from '../new-delivery.ts'
import { readCursor, toCursor } from '../page-cursor.ts'
import { createConditions } from './conditions.ts'

interface DeliveryRow {
  id: string
  json: string
}

/** Inside a transaction, and only there. One with this id that is there already stays as it is and is answered. */
export function insertDelivery(database: Database, added: NewDelivery): Delivery {
  const delivery = toDelivery(added)
  const inserted = database.run(
    'INSERT OR IGNORE INTO deliveries (id, channel, approval_id, created_at, due_at, json) VALUES (?, ?, ?, ?, ?, ?)',
    delivery.id,
    delivery.channel,
    delivery.approval_id,
    Date.parse(delivery.created_at),
    dueAtOf(delivery) ?? null,
    JSON.stringify(delivery),
  )
  const there = inserted === 1 ? undefined : database.get<DeliveryRow>('SELECT id, json FROM deliveries WHERE id = ?', delivery.id)
  return there ? readDelivery(there) : delivery
}

/** Takes those that have been due the longest. While they are taken they come due again only when the lease is over. */
export function claimDeliveries(database: Database, claim: { now: number; limit: number; leaseMs: number; holder: string }): Delivery[] {
  return database.transaction(() => {
    const rows = database.all<DeliveryRow>('SELECT id, json FROM deliveries WHERE due_at <= ? ORDER BY due_at, id LIMIT ?', claim.now, claim.limit)
    for (const { id } of rows) database.run('UPDATE deliveries SET due_at = ?, holder = ? WHERE id = ?', claim.now + claim.leaseMs, claim.holder, id)
    return rows.map(readDelivery)
  })
}

/** What is finished stays so; and of one that another has taken since, only that it was delivered after all is news. */
export function settleDelivery(database: Database, delivery: Delivery, holder: string): void {
  database.transaction(() => {
    const row = database.get<{ due_at: number | null; holder: string | null }>('SELECT due_at, holder FROM deliveries WHERE id = ?', delivery.id)
    if (!row) throw noSuchDelivery(delivery.id)
    const taken = row.holder !== null && row.holder !== holder
    if (row.due_at === null || (taken && delivery.state !== 'delivered')) return
    database.run(
      'UPDATE deliveries SET due_at = ?, finished_at = ?, holder = NULL, json = ? WHERE id = ?',
      dueAtOf(delivery) ?? null,
      finishedAtOf(delivery) ?? null,
      JSON.stringify(delivery),
      delivery.id,
    )
  })
}

/** One page, newest first. */
export function listDeliveries(database: Database, query: DeliveryQuery): { deliveries: Delivery[]; nextCursor: string | undefined } {
  const conditions = createConditions()
  if (query.channel !== undefined) conditions.add('channel = ?', query.channel)
  if (query.approval_id !== undefined) conditions.add('approval_id = ?', query.approval_id)
  if (query.cursor !== undefined) {
    const end = readCursor('deliveries', query.cursor)
    conditions.add('(created_at, id) < (?, ?)', end.at, end.id)
  }
  const rows = database.all<DeliveryRow & { at: number }>(
    `SELECT id, json, created_at AS at FROM deliveries WHERE ${conditions.sql()} ORDER BY created_at DESC, id DESC LIMIT ?`,
    ...conditions.values,
    query.limit + 1,
  )
  const shown = rows.slice(0, query.limit)
  const last = shown.at(-1)
  return { deliveries: shown.map(readDelivery), nextCursor: last && rows.length > query.limit ? toCursor('deliveries', last) : undefined }
}

export function lastDelivery(database: Database, channel: string): Delivery | undefined {
  const row = database.get<DeliveryRow>('SELECT id, json FROM deliveries WHERE channel = ? ORDER BY created_at DESC, id DESC LIMIT 1', channel)
  return row && readDelivery(row)
}

function readDelivery({ json }: DeliveryRow): Delivery {
  return deliverySchema.parse(JSON.parse(json))
}
