import { setImmediate as pause } from 'node:timers/promises'

import type { Database } from '@signalbox/sessions/sqlite'

/** How many rows one transaction removes: few enough that a decision in another process does not have to wait long. */
const BATCH = 100

const REMOVALS = [
  // One that its session has not been told of is still needed.
  'DELETE FROM approvals WHERE id IN (SELECT id FROM approvals WHERE decided_at < ? AND undelivered_at IS NULL LIMIT ?)',
  'DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE finished_at < ? LIMIT ?)',
]

/** Removes what was over before `before` (milliseconds); answers how many. */
export async function sweepLedger(database: Database, before: number): Promise<number> {
  let removed = 0
  for (const removal of REMOVALS) {
    for (;;) {
      const changes = database.run(removal, before, BATCH)
      removed += changes
      if (changes < BATCH) break
      await pause()
    }
  }
  database.run('DELETE FROM used WHERE kept_until < ?', Date.now())
  return removed
}
